//! A statement as a program of one's own: with Google's Python client, and with curl in a shell.

use std::fmt::Write;

use serde_json::json;

use super::sql::Statement;
use crate::{
    brokers::Cost,
    google::bigquery::{GOOGLE_ENDPOINT, Parameter, ParameterValue, ROOT},
};

/// <https://cloud.google.com/bigquery/docs/parameterized-queries#python>
pub(super) fn as_python(statement: &Statement, project: &str, cap: Cost) -> String {
    let mut program = String::from("from google.cloud import bigquery\n\n");
    let text = &statement.text;
    let mut write = |line: String| {
        program.push_str(&line);
        program.push('\n');
    };
    write(format!("client = bigquery.Client(project={})", literal(project)));
    // The text is ours: it has no quotation marks but single ones, and no backslash.
    write(format!("sql = \"\"\"\n{text}\n\"\"\""));
    write("job_config = bigquery.QueryJobConfig(".to_owned());
    write(format!("    maximum_bytes_billed={},", cap.0));
    write("    query_parameters=[".to_owned());
    for Parameter { name, value } in &statement.parameters {
        let (of, is_array) = value.type_name();
        let class = if is_array { "ArrayQueryParameter" } else { "ScalarQueryParameter" };
        write(format!("        bigquery.{class}(\"{name}\", \"{of}\", {}),", python(value)));
    }
    write("    ],\n)".to_owned());
    write(
        "for row in client.query_and_wait(sql, job_config=job_config):\n    print(dict(row))"
            .to_owned(),
    );
    program
}

fn python(value: &ParameterValue) -> String {
    let list = |items: Vec<String>| format!("[{}]", items.join(", "));
    match value {
        ParameterValue::Integer(_) | ParameterValue::Number(_) => value.texts().concat(),
        ParameterValue::Text(text) => literal(text),
        // The client takes an RFC 3339 text for a TIMESTAMP.
        ParameterValue::Time(_) => literal(&value.texts().concat()),
        ParameterValue::Integers(_) => list(value.texts()),
        ParameterValue::Texts(texts) => list(texts.iter().map(|text| literal(text)).collect()),
    }
}

/// A text as Python reads it. What JSON escapes, Python reads the same way; what is not ASCII is escaped too.
fn literal(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            ' '..='~' => quoted.push(c),
            _ => {
                // Writing to a String cannot fail.
                let _ = write!(quoted, "\\U{:08x}", u32::from(c));
            }
        }
    }
    quoted.push('"');
    quoted
}

/// <https://cloud.google.com/bigquery/docs/reference/rest/v2/jobs/query>
pub(super) fn as_curl(statement: &Statement, project: &str, cap: Cost) -> String {
    let body = json!({
        "query": statement.text,
        "useLegacySql": false,
        "parameterMode": "NAMED",
        "maximumBytesBilled": cap.0.to_string(),
        "queryParameters": statement.parameters.iter().map(Parameter::to_json).collect::<Vec<_>>(),
    });
    // In single quotes a shell reads everything as it stands, but for a single quote.
    let body = body.to_string().replace('\'', "'\\''");
    let queries = format!("{GOOGLE_ENDPOINT}{ROOT}projects/{project}/queries");
    format!(
        "# Prints the first page of the answer. Where that has a pageToken, or its jobComplete is false, more is to be asked for:\n# GET {queries}/JOB_ID?location=LOCATION&pageToken=TOKEN with the jobReference of the first page.\ncurl --request POST '{queries}' \\\n  --header \"Authorization: Bearer $(gcloud auth print-access-token)\" \\\n  --header 'Content-Type: application/json' \\\n  --data '{body}'\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_one_text() {
        assert_eq!(literal("a\"b\\c\nd\u{e9}"), "\"a\\\"b\\\\c\\U0000000ad\\U000000e9\"");
        let statement = Statement {
            text: "SELECT @x".to_owned(),
            parameters: vec![Parameter {
                name: "x",
                value: ParameterValue::Text("'; rm -rf / #".to_owned()),
            }],
        };
        let curl = as_curl(&statement, "my-proj", Cost(10 << 20));
        assert!(curl.contains("'\\''; rm -rf / #"), "{curl}");
        assert!(curl.contains("\"maximumBytesBilled\":\"10485760\""), "{curl}");
        assert!(curl.starts_with("# Prints the first page of the answer."), "{curl}");
        let python = as_python(&statement, "my-proj", Cost(10 << 20));
        assert!(python.contains("maximum_bytes_billed=10485760,"), "{python}");
    }
}
