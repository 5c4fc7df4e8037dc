//! The packets of kept alerts: table `alert_packet`.
//!
//! Packets of new alerts are copied in (`COPY`), not bound as an array; nobody else can have put them in. Of several
//! packets of one alert the fullest stays: a row of a BigQuery table is kept as JSON, and the survey's own packet, or a
//! fuller row, takes its place.

use bytes::{BufMut, BytesMut};
use sqlx::PgConnection;

use super::{StorageError, packet_heads::Heads};
use crate::domain::alert::Packet;

/// How much is gathered before it is sent: small packets share a write, a large one has several.
const SENT_AT_ONCE_BYTES: usize = 64 * 1024;

/// What a stream of `COPY … (format binary)` begins and ends with (`PostgreSQL`, documentation of COPY, "Binary Format").
const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const END: i16 = -1;

/// Puts in the packets of alerts that this transaction has inserted: nobody else can have put them in.
///
/// By COPY: an array of packets would be put together here and taken apart there.
pub(super) async fn copy_in(
    connection: &mut PgConnection,
    packets: &[(i64, &Packet)],
    heads: &Heads,
) -> Result<(), StorageError> {
    if packets.is_empty() {
        return Ok(());
    }
    let mut copy = connection
        .copy_in_raw(
            "copy alert_packet (alert_id, format, schema_version, head_id, bytes)
             from stdin (format binary)",
        )
        .await?;
    let mut rows = BytesMut::with_capacity(2 * SENT_AT_ONCE_BYTES);
    rows.put_slice(HEAD);
    for (alert_id, packet) in packets {
        let (head_id, rest) = heads.split(packet);
        put_row_up_to_its_bytes(&mut rows, *alert_id, packet, head_id, rest.len())?;
        for part in rest.chunks(SENT_AT_ONCE_BYTES) {
            rows.put_slice(part);
            if rows.len() >= SENT_AT_ONCE_BYTES {
                copy.send(&rows[..]).await?;
                rows.clear();
            }
        }
    }
    rows.put_i16(END);
    copy.send(&rows[..]).await?;
    copy.finish().await?;
    Ok(())
}

/// A row but for the bytes of its last column.
fn put_row_up_to_its_bytes(
    rows: &mut BytesMut,
    alert_id: i64,
    packet: &Packet,
    head_id: Option<i64>,
    n_bytes: usize,
) -> Result<(), StorageError> {
    const COLUMNS: i16 = 5;
    const NULL: i32 = -1;
    rows.put_i16(COLUMNS);
    put_field(rows, &alert_id.to_be_bytes())?;
    put_field(rows, packet.format.id().as_bytes())?;
    put_field(rows, packet.schema_version.as_bytes())?;
    match head_id {
        Some(id) => put_field(rows, &id.to_be_bytes())?,
        None => rows.put_i32(NULL),
    }
    put_length(rows, n_bytes)
}

fn put_field(rows: &mut BytesMut, field: &[u8]) -> Result<(), StorageError> {
    put_length(rows, field.len())?;
    rows.put_slice(field);
    Ok(())
}

fn put_length(rows: &mut BytesMut, n_bytes: usize) -> Result<(), StorageError> {
    let length = i32::try_from(n_bytes)
        .map_err(|_| sqlx::Error::Encode("a field of more than 2 GiB".into()))?;
    rows.put_i32(length);
    Ok(())
}

/// Puts in the packets of alerts that were there before. A row of a table holds what a query selected: the survey's own
/// packet, or a fuller row, takes its place.
pub(super) async fn complete(
    connection: &mut PgConnection,
    packets: &[(i64, &Packet)],
    heads: &Heads,
) -> Result<(), StorageError> {
    if packets.is_empty() {
        return Ok(());
    }
    let (head_ids, rests): (Vec<Option<i64>>, Vec<&[u8]>) =
        packets.iter().map(|(_, packet)| heads.split(packet)).unzip();
    sqlx::query(
        "insert into alert_packet (alert_id, format, schema_version, head_id, bytes)
         select * from unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bytea[])
         on conflict (alert_id) do update
         set format = excluded.format, schema_version = excluded.schema_version, head_id = excluded.head_id,
             bytes = excluded.bytes
         where alert_packet.format = 'table-row'
           and (excluded.format <> 'table-row' or octet_length(excluded.bytes) > octet_length(alert_packet.bytes))",
    )
    .bind(packets.iter().map(|(id, _)| *id).collect::<Vec<_>>())
    .bind(packets.iter().map(|(_, packet)| packet.format.id()).collect::<Vec<_>>())
    .bind(packets.iter().map(|(_, packet)| packet.schema_version.as_str()).collect::<Vec<_>>())
    .bind(head_ids)
    .bind(rests)
    .execute(connection)
    .await?;
    Ok(())
}
