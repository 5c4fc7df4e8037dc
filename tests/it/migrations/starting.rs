//! Several processes start at once on one database: each finds all tables, and they are made once.

use tom_alerts::storage::{MIGRATOR, Storage};

use crate::databases::empty_database;

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_at_once_on_an_empty_database_make_its_tables_once() {
    for round in 0..4 {
        let url = empty_database().await;
        let starts = (0..3).map(|_| {
            let url = &url;
            async move {
                let storage = Storage::connect(url).await?;
                storage.local_member().await.map(|member| (storage, member))
            }
        });
        let started: Vec<_> = futures::future::join_all(starts)
            .await
            .into_iter()
            .map(|start| start.unwrap_or_else(|error| panic!("round {round}: {error:?}")))
            .collect();
        assert!(started.iter().all(|(_, member)| member.id == started[0].1.id), "one local user");
        let pool = sqlx::PgPool::connect(&url).await.unwrap();
        let applied: i64 =
            sqlx::query_scalar("select count(*) from _sqlx_migrations where success")
                .fetch_one(&pool)
                .await
                .unwrap();
        assert_eq!(applied, i64::try_from(MIGRATOR.iter().count()).unwrap());
        for (storage, _) in started {
            storage.close().await;
        }
    }
}

#[tokio::test]
async fn a_process_of_the_version_before_starts_beside_a_newer_one() {
    let url = empty_database().await;
    Storage::connect(&url).await.unwrap().close().await;
    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    sqlx::query(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'of a newer version', true, '\\x00', 1)",
    )
    .execute(&pool)
    .await
    .unwrap();
    let storage = Storage::connect(&url).await.unwrap();
    storage.local_member().await.unwrap();
    storage.close().await;
}
