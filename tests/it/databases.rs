//! A database for each test, copied from one that has all tables already: making them anew takes several times as long.

use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tom_alerts::storage::{MIGRATOR, Storage};

/// Whoever makes the template has this advisory lock.
const MAKING_THE_TEMPLATE: i64 = 0x7e3f_1a7e;

/// A database with all tables and no row, beside the one that `DATABASE_URL` names.
pub(crate) async fn fresh_database() -> String {
    let mut server = connect().await;
    let template = template(&mut server).await;
    make(&mut server, &format!("template {template}")).await
}

/// A database with nothing in it, for tests of how its tables are made.
pub(crate) async fn empty_database() -> String {
    make(&mut connect().await, "").await
}

/// Lets nobody into a database any more and everybody out, or lets everybody in again.
pub(crate) async fn set_open(address: &str, is_open: bool) {
    let mut server = connect().await;
    let name = url::Url::parse(address).unwrap().path().trim_start_matches('/').to_owned();
    let letting_in = format!("alter database {name} allow_connections {is_open}");
    server.execute(AssertSqlSafe(letting_in)).await.unwrap();
    if !is_open {
        let end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1";
        sqlx::query(end).bind(name).execute(&mut server).await.unwrap();
    }
}

async fn make(server: &mut PgConnection, how: &str) -> String {
    let name = format!("test_{:016x}", rand::random::<u64>());
    server.execute(AssertSqlSafe(format!("create database {name} {how}"))).await.unwrap();
    address(&name)
}

/// The name of the template for these migrations, which is made where there is none yet.
async fn template(server: &mut PgConnection) -> String {
    let mut migrations = Sha256::new();
    for step in MIGRATOR.iter() {
        migrations.update(step.version.to_be_bytes());
        migrations.update(&step.checksum);
    }
    let digest = migrations.finalize();
    let short = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let name = format!("template_{short:016x}");
    if !is_there(server, &name).await {
        let lock = sqlx::query("select pg_advisory_lock($1)").bind(MAKING_THE_TEMPLATE);
        lock.execute(&mut *server).await.unwrap();
        if !is_there(server, &name).await {
            make_template(server, &name).await;
        }
        let unlock = sqlx::query("select pg_advisory_unlock($1)").bind(MAKING_THE_TEMPLATE);
        unlock.execute(&mut *server).await.unwrap();
    }
    name
}

async fn is_there(server: &mut PgConnection, name: &str) -> bool {
    let there = sqlx::query_scalar("select exists (select from pg_database where datname = $1)");
    there.bind(name).fetch_one(server).await.unwrap()
}

/// It bears its name only when it is finished: a test that was killed leaves none that is half made.
async fn make_template(server: &mut PgConnection, name: &str) {
    let unfinished = format!("{name}_unfinished");
    for statement in [
        format!("drop database if exists {unfinished} with (force)"),
        format!("create database {unfinished}"),
    ] {
        server.execute(AssertSqlSafe(statement)).await.unwrap();
    }
    Storage::connect(&address(&unfinished)).await.unwrap().close().await;
    // A connection that is being closed keeps its database from being renamed for a moment.
    let rename = format!("alter database {unfinished} rename to {name}");
    while n_connections(server, &unfinished).await > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    server.execute(AssertSqlSafe(rename)).await.unwrap();
}

async fn n_connections(server: &mut PgConnection, database: &str) -> i64 {
    let count = sqlx::query_scalar("select count(*) from pg_stat_activity where datname = $1");
    count.bind(database).fetch_one(server).await.unwrap()
}

async fn connect() -> PgConnection {
    PgConnection::connect(&server_url()).await.unwrap()
}

fn address(database: &str) -> String {
    let mut url = url::Url::parse(&server_url()).unwrap();
    url.set_path(database);
    url.into()
}

fn server_url() -> String {
    #[expect(clippy::disallowed_methods, reason = "tests/run says where the database is")]
    std::env::var("DATABASE_URL").expect("tests need DATABASE_URL: run them by tests/run")
}
