//! A row of a result to an alert, or to what is set aside with the reason.

use bytes::Bytes;
use serde_json::Value;

use crate::{
    brokers::Delivery,
    domain::run::Unreadable,
    google::bigquery::{Column, named},
    packets::{TableRow, decode_table_row},
};

pub(super) fn unpack_row(
    table: &str,
    schema_version: &str,
    columns: &[Column],
    row: &Value,
) -> Delivery {
    let bytes = match named(columns, row) {
        Some(row) => TableRow { table: table.to_owned(), row }.to_bytes(),
        None => {
            return set_aside(table, "the row does not match its columns", row.to_string().into());
        }
    };
    match decode_table_row(&bytes, schema_version) {
        Ok(alert) => {
            Delivery { content: Ok(Box::new(alert)), attributes: None, n_bytes: bytes.len() as u64 }
        }
        Err(error) => set_aside(table, &error.to_string(), bytes),
    }
}

fn set_aside(table: &str, error: &str, bytes: Bytes) -> Delivery {
    let n_bytes = bytes.len() as u64;
    let unreadable = Unreadable {
        origin: format!("a row of {table}"),
        error: error.to_owned(),
        attributes: None,
        message_id: None,
        bytes,
    };
    Delivery { content: Err(unreadable), attributes: None, n_bytes }
}
