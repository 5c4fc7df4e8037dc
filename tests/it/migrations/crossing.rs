//! Rows of before come across each migration: put in by the tables of the version before, looked at afterwards.

use sqlx::{
    AssertSqlSafe, Connection, Executor, PgConnection, SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};
use tom_alerts::{
    domain::target::NewTarget,
    storage::{MIGRATOR, NotDone, QueryFilter, Refused, Storage, TargetFilter},
};

use super::rows::{CROSSINGS, Crossing, OF_FIRST_RELEASE};
use crate::databases::empty_database;

/// Runs the migrations of an empty database one after the other, each with the rows that it has to bring across; what went
/// wrong first.
async fn cross(url: &str, migrator: &Migrator, crossings: &[Crossing]) -> Result<(), String> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    migrator.run_to(1, &mut connection).await.unwrap();
    connection.execute(OF_FIRST_RELEASE).await.unwrap();
    for Crossing { version, before, after } in crossings {
        let failed = |error| format!("rows of before migration {version}: {error}");
        connection.execute(*before).await.map_err(failed)?;
        require_rows_everywhere(&mut connection, *version).await?;
        let failed = |error| format!("migration {version}: {error:?}");
        migrator.run_to(*version, &mut connection).await.map_err(failed)?;
        for (question, expected) in *after {
            let failed = |error| format!("after migration {version}, {question}: {error}");
            let found: String =
                sqlx::query_scalar(*question).fetch_one(&mut connection).await.map_err(failed)?;
            if found != *expected {
                return Err(format!(
                    "after migration {version}, {question}: {found}, not {expected}"
                ));
            }
        }
    }
    Ok(())
}

/// A migration that meets an empty table shows nothing of what it does to rows.
async fn require_rows_everywhere(
    connection: &mut PgConnection,
    version: i64,
) -> Result<(), String> {
    let tables: Vec<String> = sqlx::query_scalar(
        "select quote_ident(table_name) from information_schema.tables
         where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> '_sqlx_migrations'",
    )
    .fetch_all(&mut *connection)
    .await
    .unwrap();
    for table in tables {
        let question = AssertSqlSafe(format!("select exists (select from {table})"));
        let has_rows: bool =
            sqlx::query_scalar(question).fetch_one(&mut *connection).await.unwrap();
        if !has_rows {
            return Err(format!("the table {table} has no rows before migration {version}"));
        }
    }
    Ok(())
}

#[tokio::test]
async fn rows_of_before_come_across_each_migration_and_are_todays() {
    let url = empty_database().await;
    cross(&url, &MIGRATOR, CROSSINGS).await.unwrap();
    let newest = MIGRATOR.iter().last().unwrap().version;
    let mut connection = PgConnection::connect(&url).await.unwrap();
    require_rows_everywhere(&mut connection, newest + 1).await.unwrap();
    let storage = Storage::connect(&url).await.unwrap();
    for member in [1, 2] {
        let asker = storage.asker(member).await.unwrap().unwrap();
        let targets = storage.count_targets(&asker, &TargetFilter::default(), i64::MAX).await;
        assert_eq!(targets.unwrap(), 300);
        assert_eq!(
            storage.count_queries(&asker, &QueryFilter::default(), i64::MAX).await.unwrap(),
            20
        );
        for n in [1, 150, 300] {
            let found =
                storage.find_target_by_name(&asker, &format!("sn-{n}")).await.unwrap().unwrap();
            assert_eq!((found.name.as_str(), found.aliases.len()), (format!("ZTF{n}").as_str(), 1));
            let rights = asker.rights_on(found.created_by, &found.sharing);
            assert_eq!((rights.write, rights.delete), (member == 1, member == 1));
        }
    }
    // Names of before are still apart from those of today.
    let ada = storage.asker(1).await.unwrap().unwrap();
    let new = NewTarget {
        name: "sn 7".to_owned(),
        aliases: Vec::new(),
        position: None,
        note: String::new(),
    };
    let clash = storage.create_target(&ada, new, ada.default_sharing_of_targets()).await;
    assert!(matches!(clash, Err(NotDone::Refused(Refused::NameClash(_)))), "{clash:?}");
    storage.close().await;
}

/// The first migration, followed by these.
fn first_and(migrations: &[&'static str]) -> Migrator {
    let first = MIGRATOR.iter().find(|migration| migration.version == 1).unwrap().clone();
    let more = (2..).zip(migrations).map(|(version, text)| {
        let text = (*text).into_sql_str();
        Migration::new(version, "made up".into(), MigrationType::Simple, text, false)
    });
    Migrator::with_migrations([first].into_iter().chain(more).collect())
}

const NOTE: Crossing = Crossing {
    version: 2,
    before: "update target set note = 'rises' where id = 7",
    after: &[("select note from target where id = 7", "rises")],
};

#[tokio::test]
async fn a_migration_that_keeps_its_rows_passes() {
    let migrator = first_and(&["alter table target add column priority bigint not null default 1"]);
    cross(&empty_database().await, &migrator, &[NOTE]).await.unwrap();
}

#[tokio::test]
async fn a_migration_that_loses_a_text_is_found_out() {
    let loses = "alter table target drop column note;
                 alter table target add column note text not null default ''";
    let fault = cross(&empty_database().await, &first_and(&[loses]), &[NOTE]).await.unwrap_err();
    assert_eq!(fault, "after migration 2, select note from target where id = 7: , not rises");
}

#[tokio::test]
async fn a_migration_that_works_on_empty_tables_only_is_found_out() {
    for table in ["history", "bigquery_check", "form_draft"] {
        let text = format!("alter table {table} add column colour text not null");
        let migrator = first_and(&[text.leak()]);
        let fault = cross(&empty_database().await, &migrator, &[NOTE]).await.unwrap_err();
        assert!(fault.starts_with("migration 2: ") && fault.contains("colour"), "{fault}");
    }
}

#[tokio::test]
async fn a_table_that_a_migration_made_needs_rows_before_the_next_one() {
    let migrator = first_and(&["create table filter (name text)", "drop table filter"]);
    let third = |before| Crossing { version: 3, before, after: &[] };
    let fault =
        cross(&empty_database().await, &migrator, &[NOTE, third("select 1")]).await.unwrap_err();
    assert_eq!(fault, "the table filter has no rows before migration 3");
    let filled = third("insert into filter values ('clear')");
    cross(&empty_database().await, &migrator, &[NOTE, filled]).await.unwrap();
}
