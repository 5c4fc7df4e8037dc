//! SQL spoken to the private server: is it there, and does the service have its role and database?

use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

/// The superuser of the cluster, used to prepare it and for nothing else.
pub(super) const ADMIN: &str = "tom_alerts_admin";

/// The service's own role, not a superuser, and its database.
const SERVICE: &str = "tom_alerts";

/// SQLSTATE `cannot_connect_now`: the server is starting, or replaying its log after a crash.
const CANNOT_CONNECT_NOW: &str = "57P03";

/// What the service connects to.
pub(super) fn service_url(port: u16, password: &str) -> String {
    format!("postgres://{SERVICE}:{password}@127.0.0.1:{port}/{SERVICE}?sslmode=disable")
}

/// Connects as the superuser; fails at once if the server is not ready.
pub(super) async fn connect_as_admin(
    port: u16,
    password: &str,
) -> Result<PgConnection, sqlx::Error> {
    PgConnectOptions::new_without_pgpass()
        .host("127.0.0.1")
        .port(port)
        .username(ADMIN)
        .password(password)
        .database("postgres")
        .ssl_mode(PgSslMode::Disable)
        .disable_statement_logging()
        .connect()
        .await
}

/// Whether the server lives but is still starting.
pub(super) fn is_starting(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .is_some_and(|code| code == CANNOT_CONNECT_NOW)
}

/// Gives the service its role and database, and closes the connection.
pub(super) async fn prepare(mut admin: PgConnection, password: &str) -> Result<(), sqlx::Error> {
    let has_role: bool =
        sqlx::query_scalar("select exists (select from pg_roles where rolname = $1)")
            .bind(SERVICE)
            .fetch_one(&mut admin)
            .await?;
    if !has_role {
        // The password is 32 hexadecimal digits of our own making: nothing in it needs quoting.
        let create = format!("create role {SERVICE} login password '{password}'");
        admin.execute(AssertSqlSafe(create)).await?;
    }
    let has_database: bool =
        sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(SERVICE)
            .fetch_one(&mut admin)
            .await?;
    if !has_database {
        admin.execute(AssertSqlSafe(format!("create database {SERVICE} owner {SERVICE}"))).await?;
    }
    admin.close().await
}
