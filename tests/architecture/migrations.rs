//! The tables that the migrations leave behind, whichever file makes them.

use std::collections::BTreeSet;

use crate::{
    statements::{uses, words_of},
    tree::Texts,
};

/// Tables and views: what was created, less what was dropped or renamed, in the order of the files' names.
pub(crate) fn tables(migrations: &Texts) -> BTreeSet<String> {
    let mut tables = BTreeSet::new();
    for text in migrations.values() {
        let words = words_of(text);
        for statement in words.split(|word| word == ";") {
            apply(&mut tables, statement);
        }
    }
    tables
}

/// Functions that read a table by themselves: a statement that calls one does not name the table.
fn functions_that_read(migrations: &Texts) -> Vec<String> {
    let mut found = Vec::new();
    for text in migrations.values() {
        let text = text.to_lowercase().replace("create or replace function ", "create function ");
        for definition in text.split("create function ").skip(1) {
            if !uses(body(definition)).is_empty() {
                found.extend(definition.split('(').next().map(|name| name.trim().to_owned()));
            }
        }
    }
    found
}

/// What a function does: between `$$`, perhaps with a word in between, or up to the end of the statement.
fn body(definition: &str) -> &str {
    let statement = definition.split(';').next().unwrap();
    let quoted = statement.split_once('$').and_then(|(before, rest)| {
        let quote = format!("${}$", rest.split('$').next()?);
        definition[before.len()..].split(&quote).nth(1)
    });
    quoted.unwrap_or(statement)
}

fn apply(tables: &mut BTreeSet<String>, statement: &[String]) {
    let is_noise = |word: &&str| {
        let noise = ["if", "not", "exists", "only", "or", "replace", "unlogged", "temporary"];
        noise.contains(word)
            || ["temp", "materialized", "recursive", "global", "local"].contains(word)
    };
    let words: Vec<&str> =
        statement.iter().map(String::as_str).filter(|it| !is_noise(it)).collect();
    match words.as_slice() {
        ["create", "table" | "view", name, ..] => {
            tables.insert((*name).to_owned());
        }
        ["drop", "table" | "view", names @ ..] => {
            for name in names {
                tables.remove(*name);
            }
        }
        ["alter", "table" | "view", name, "rename", "to", new, ..] => {
            tables.remove(*name);
            tables.insert((*new).to_owned());
        }
        _ => {}
    }
}

#[test]
fn tables_are_those_that_are_left() {
    let files = [
        ("0001.sql", "-- create table remark (\ncreate table target (id bigint, note text default 'create table x;');
            CREATE TABLE IF NOT EXISTS public.\"run\" (id bigint); create unlogged table draft ();"),
        ("0002.sql", "alter table draft rename to form_draft; alter table run rename column a to b;
            create or replace materialized view seen as select 1; create index table_of on run (id);"),
        ("0003.sql", "drop table if exists target, unknown cascade; create table comment ();"),
    ];
    let files: Texts = files.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    let tables: Vec<_> = tables(&files).into_iter().collect();
    assert_eq!(tables, ["comment", "form_draft", "run", "seen"]);
}

#[test]
fn no_function_of_the_database_reads_a_table() {
    let functions = functions_that_read(&crate::tree::Tree::read().migrations);
    assert!(functions.is_empty(), "{functions:?}: statements that call them name no table");
    for definition in [
        "create function all_comments() returns setof comment language sql as $$ select * from comment $$;",
        "CREATE OR REPLACE FUNCTION all_comments() as $body$ begin a; return query table comment; end $body$;",
        "create function all_comments() begin atomic select * from comment; end;",
    ] {
        let seeded: Texts = [("9999.sql".to_owned(), definition.to_owned())].into();
        assert_eq!(functions_that_read(&seeded), ["all_comments"], "{definition}");
    }
}
