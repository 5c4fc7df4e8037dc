//! Pages of results: rows as BigQuery writes them, and as JSON with names and types.
//! <https://cloud.google.com/bigquery/docs/reference/rest/v2/jobs/getQueryResults>

use chrono::{DateTime, SecondsFormat};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// A column of a result, and its own columns where it is a record.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// `STRING`, `INTEGER`, `FLOAT`, `BOOLEAN`, `TIMESTAMP`, `RECORD`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// `REPEATED`, `NULLABLE` or `REQUIRED`.
    pub mode: String,
    /// Columns of a record.
    pub fields: Vec<Column>,
}

/// A page of results.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ResultPage {
    /// Whether the job has ended; otherwise there are no rows yet.
    pub job_complete: bool,
    /// Columns.
    #[serde(deserialize_with = "columns")]
    pub schema: Vec<Column>,
    /// Rows as they came.
    pub rows: Vec<Value>,
    /// Asks for the next page; `None` on the last.
    pub page_token: Option<String>,
    /// Rows of all pages.
    pub total_rows: Option<String>,
}

fn columns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Column>, D::Error> {
    let schema: Option<Column> = Option::deserialize(deserializer)?;
    Ok(schema.unwrap_or_default().fields)
}

/// Deepest nesting of a row that is read.
const DEPTH: usize = 16;

/// A row with the names of its columns: integers as integers, times as RFC 3339, what is not finite as null.
/// `None` where the row does not fit the columns.
pub fn named(columns: &[Column], row: &Value) -> Option<Map<String, Value>> {
    record(columns, row, 0)
}

fn record(columns: &[Column], row: &Value, depth: usize) -> Option<Map<String, Value>> {
    let cells = row.get("f")?.as_array()?;
    if cells.len() != columns.len() || depth > DEPTH {
        return None;
    }
    let mut named = Map::new();
    for (column, cell) in columns.iter().zip(cells) {
        let value = cell.get("v")?;
        let value = if column.mode == "REPEATED" {
            match value {
                Value::Null => Value::Array(Vec::new()),
                Value::Array(items) => items
                    .iter()
                    .map(|item| single(column, item.get("v")?, depth))
                    .collect::<Option<Vec<_>>>()?
                    .into(),
                _ => return None,
            }
        } else {
            single(column, value, depth)?
        };
        named.insert(column.name.clone(), value);
    }
    Some(named)
}

fn single(column: &Column, value: &Value, depth: usize) -> Option<Value> {
    if value.is_null() {
        return Some(Value::Null);
    }
    match column.kind.as_str() {
        "RECORD" | "STRUCT" => record(&column.fields, value, depth + 1).map(Value::Object),
        "INTEGER" | "INT64" => value.as_str()?.parse::<i64>().ok().map(Value::from),
        // "NaN", "Infinity" and "-Infinity" have no place in JSON.
        "FLOAT" | "FLOAT64" => value.as_str()?.parse::<f64>().ok().map(Value::from),
        "BOOLEAN" | "BOOL" => value.as_str()?.parse::<bool>().ok().map(Value::from),
        "TIMESTAMP" => {
            let at = DateTime::from_timestamp_micros(value.as_str()?.parse().ok()?)?;
            Some(Value::from(at.to_rfc3339_opts(SecondsFormat::Micros, true)))
        }
        _ => value.as_str().map(Value::from),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_is_read_with_names_and_types() {
        let page: ResultPage = serde_json::from_value(json!({
            "jobComplete": true, "totalRows": "1", "pageToken": "next",
            "schema": {"fields": [
                {"name": "candid", "type": "INTEGER", "mode": "NULLABLE"},
                {"name": "at", "type": "TIMESTAMP"},
                {"name": "candidate", "type": "RECORD", "fields": [
                    {"name": "jd", "type": "FLOAT"}, {"name": "ok", "type": "BOOLEAN"}, {"name": "rb", "type": "FLOAT"}]},
                {"name": "history", "type": "RECORD", "mode": "REPEATED", "fields": [{"name": "fid", "type": "INTEGER"}]}]},
            "rows": [{"f": [{"v": "2982177112815010003"}, {"v": "1789174923123456"},
                {"v": {"f": [{"v": "2461295.5"}, {"v": "true"}, {"v": "NaN"}]}},
                {"v": [{"v": {"f": [{"v": "1"}]}}, {"v": {"f": [{"v": null}]}}]}]}],
        }))
        .unwrap();
        let row = named(&page.schema, &page.rows[0]).unwrap();
        assert_eq!(
            Value::Object(row),
            json!({"candid": 2_982_177_112_815_010_003_i64, "at": "2026-09-12T01:02:03.123456Z",
                "candidate": {"jd": 2_461_295.5, "ok": true, "rb": null}, "history": [{"fid": 1}, {"fid": null}]})
        );
    }

    #[test]
    fn a_job_at_work_and_an_empty_result_have_no_rows() {
        let page: ResultPage = serde_json::from_value(json!({"jobComplete": false})).unwrap();
        assert!(!page.job_complete && page.rows.is_empty());
        let page: ResultPage =
            serde_json::from_value(json!({"jobComplete": true, "schema": null, "totalRows": "0"}))
                .unwrap();
        assert!(page.job_complete && page.schema.is_empty());
    }

    #[test]
    fn a_row_that_does_not_fit_is_none() {
        let columns = [Column { name: "n".into(), kind: "INTEGER".into(), ..Column::default() }];
        for odd in [
            json!(null),
            json!({"f": []}),
            json!({"f": [{"v": "x"}]}),
            json!({"f": [{"v": 7}]}),
            json!({"f": [{}]}),
            json!({"f": [{"v": "1"}, {"v": "2"}]}),
        ] {
            assert_eq!(named(&columns, &odd), None, "{odd}");
        }
    }
}
