//! A database of a version before the first release is refused in a sentence, and left as it is.

use std::process::Command;

use sqlx::{Connection, Executor, PgConnection};
use tom_alerts::{
    local_postgres::LocalPostgres,
    storage::{Storage, StorageError},
};

use crate::databases::empty_database;

/// What such a version noted: other numbers, and another first migration.
const OLD_NUMBERS: &str = r"
    update _sqlx_migrations set description = 'first', checksum = '\x00' where version = 1;
    insert into _sqlx_migrations (version, description, success, checksum, execution_time)
        select n, 'of before', true, '\x01', 1 from unnest('{2,3,4,6,10,12,13,14,15}'::bigint[]) n
        on conflict (version) do nothing;
    insert into member (name) values ('somebody of before');
";

const WHAT_HAPPENED: &str = "made by a version before the first release";
const WHAT_TO_DO: &str = "start again with an empty database";

async fn make_old(url: &str) {
    Storage::connect(url).await.unwrap().close().await;
    let mut connection = PgConnection::connect(url).await.unwrap();
    connection.execute(OLD_NUMBERS).await.unwrap();
    connection.close().await.unwrap();
}

async fn picture(url: &str) -> String {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar(
        "select concat((select string_agg(m::text, ' ' order by m) from _sqlx_migrations m),
                       (select string_agg(m::text, ' ' order by m) from member m))",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap()
}

/// What the program says when it ends with a failure.
fn last_words(command: &mut Command) -> String {
    let output = command.env_remove("DATABASE_URL").output().unwrap();
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_tom-alerts"))
}

#[tokio::test]
async fn a_database_of_before_the_first_release_is_refused_in_a_sentence_and_left_as_it_is() {
    let url = empty_database().await;
    make_old(&url).await;
    let before = picture(&url).await;
    assert!(before.contains("of before"), "{before}");
    let refusal = Storage::connect(&url).await.map(|_| ()).unwrap_err();
    assert!(matches!(refusal, StorageError::BeforeFirstRelease), "{refusal:?}");
    let words = last_words(program().args(["migrate", "--database-url", &url]));
    assert!(words.contains(WHAT_HAPPENED) && words.contains(WHAT_TO_DO), "{words}");
    assert_eq!(picture(&url).await, before);
}

#[tokio::test]
async fn so_is_a_private_one_whose_folder_is_named() {
    use std::os::unix::fs::PermissionsExt;
    // The owner of a private PostgreSQL has to reach it, whoever runs the test.
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let postgres = LocalPostgres::start(folder.path()).await.unwrap();
    make_old(postgres.url()).await;
    postgres.stop().await.unwrap();
    let mut serve = program();
    serve.args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(folder.path());
    let words = last_words(&mut serve);
    assert!(words.contains(WHAT_HAPPENED) && words.contains(WHAT_TO_DO), "{words}");
    assert!(words.contains(folder.path().to_str().unwrap()), "{words}");
}
