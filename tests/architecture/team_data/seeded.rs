//! Faults that are put into the tree in memory, each of which a rule must find.

use super::{Callers, Lists, Right, ServiceFile, complaints};
use crate::tree::Tree;

const TABLE: &str = "create table comment (id bigint primary key, member_id bigint, text text);";

const ALL_COMMENTS: &str = r#"
    impl Storage {
        pub async fn all_comments(&self) -> Result<Vec<String>, StorageError> {
            Ok(sqlx::query_scalar("select text from comment").fetch_all(&self.pool).await?)
        }
    }
"#;

/// The tree with this table, and with this as `storage/comments.rs`.
fn seeded(migration: &str, source: &str) -> Tree {
    let mut tree = Tree::read();
    tree.migrations.insert("9999_comments.sql".to_owned(), migration.to_owned());
    tree.put("storage/comments.rs", source);
    tree
}

/// The lists with both as the team's.
fn lists(right: Right) -> Lists {
    let mut lists = Lists::of_this_tree();
    lists.team_tables.push(("comment", right));
    lists.team_files.push("comments");
    lists
}

/// That these are the complaints, each by how it begins.
fn assert_found(tree: &Tree, lists: &Lists, expected: &[&str]) {
    let found = complaints(tree, lists);
    let are_these = found.len() == expected.len()
        && found.iter().zip(expected).all(|(it, begins)| it.starts_with(begins));
    assert!(are_these, "{found:#?}, and not {expected:#?}");
}

const UNASKED: &str = "storage/comments.rs: all_comments does not ask who wants it";
const NO_RIGHT: &str = "storage/comments.rs asks nobody's right: select text from comment";

#[test]
fn a_new_table_and_a_new_file_are_the_teams_or_the_services() {
    let tree = seeded(TABLE, ALL_COMMENTS);
    let unlisted = ["table comment is in no list", "file storage/ comments is in no list"];
    assert_found(&tree, &Lists::of_this_tree(), &unlisted);
    assert_found(&tree, &lists(Right::Shared), &[UNASKED, NO_RIGHT]);
    assert_found(&tree, &lists(Right::Own), &[UNASKED, NO_RIGHT]);
    assert_found(&tree, &lists(Right::Excused), &[UNASKED, NO_RIGHT]);
    let all = Right::ReadByAll("comments are no secret");
    assert_found(&tree, &lists(all), &[UNASKED]);
    let mut twice = lists(all);
    twice.service_tables.push(("comment", "nobody writes one"));
    twice.team_files.push("comments");
    let listed =
        ["table comment is listed 2 times", "file storage/ comments is listed 2 times", UNASKED];
    assert_found(&tree, &twice, &listed);
}

#[test]
fn what_stands_behind_an_item_for_tests_is_read() {
    let tests = "#[cfg(test)]\nmod tests;\n#[cfg(test)]\nuse a::{b};\n#[cfg(test)]\nmod more { fn a() { \"}\"; } }";
    let tree = seeded(TABLE, &format!("{tests}{ALL_COMMENTS}"));
    assert_found(&tree, &lists(Right::Shared), &[UNASKED, NO_RIGHT]);
    // In tests alone it harms nobody.
    let tree = seeded(TABLE, &format!("#[cfg(test)] mod tests {{ {ALL_COMMENTS} }}"));
    assert_found(&tree, &lists(Right::Shared), &[]);
}

#[test]
fn a_function_does_not_get_around_by_how_it_is_written() {
    for head in [
        "pub fn all_comments(&self)",
        "pub async fn all_comments<T: From<(i64, String)>>(&self)",
        "pub(crate) async fn all_comments(&self, asker: Option<&Asker>)",
        "pub(in crate::web) const fn all_comments(&self, asker: Askers)",
    ] {
        let tree = seeded(TABLE, &format!("impl Storage {{ {head} {{}} }}"));
        assert_found(&tree, &lists(Right::Shared), &[UNASKED]);
    }
    let by_trait = "impl Comments for Storage { fn all_comments(&self) {} }";
    let found = "storage/comments.rs: all_comments is public without `pub`";
    assert_found(&seeded(TABLE, by_trait), &lists(Right::Shared), &[found]);
    let unused = "impl Storage { pub fn all_comments(&self, _by: &Asker) {} }";
    let found = "storage/comments.rs: all_comments does not look at who asks";
    assert_found(&seeded(TABLE, unused), &lists(Right::Shared), &[found]);
    let looked_at = "impl Storage { pub fn all_comments(&self, by: &Asker) {} }";
    assert_found(&seeded(TABLE, looked_at), &lists(Right::Shared), &[]);
}

#[test]
fn a_statement_does_not_get_around_by_how_it_is_written() {
    for statement in [
        "\"SELECT text FROM comment\"",
        "r#\"select text from \"comment\"\"#",
        "\"select text from run r, public.comment c where may_change(1)\"",
        "concat!(\"select text from \", \"comment\")",
        "\"with a as (select 1 from comment) select -- may_read( member_id = $1\n 1 from a\"",
        "\"update comment set text = $1\"",
        "\"insert into comment values ($1)\"",
        "\"delete from comment\"",
        "\"table comment\"",
    ] {
        let tree = seeded(TABLE, &format!("fn of_storage() {{ sqlx::query({statement}) }}"));
        assert_found(&tree, &lists(Right::Own), &["storage/comments.rs asks nobody's right"]);
    }
    let at_run_time = "fn of_storage(table: &str) { sqlx::query(AssertSqlSafe(table)) }";
    let found = "storage/comments.rs puts a statement together as it runs";
    assert_found(&seeded(TABLE, at_run_time), &lists(Right::Own), &[found]);
    let view = "create view seen as select 1; alter table run rename to walk;";
    let found = [
        "table run is listed and is not there",
        "table seen is in no list",
        "table walk is in no list",
    ];
    let tree = seeded(view, "");
    let mut lists = Lists::of_this_tree();
    lists.team_files.push("comments");
    assert_found(&tree, &lists, &found);
}

#[test]
fn a_question_that_a_macro_puts_is_asked() {
    let lists = lists(Right::Shared);
    let delete = r#"fn of_storage() { sqlx::query(concat!("delete from comment where ", may_delete!("a"))) }"#;
    let mut tree = seeded(TABLE, delete);
    assert_found(&tree, &lists, &[]);
    let none = delete.replace("may_delete!", "may_not!");
    assert_found(&seeded(TABLE, &none), &lists, &["storage/comments.rs asks nobody's right"]);
    let own = format!("macro_rules! may_delete {{ () => {{ \"true\" }} }} {delete}");
    assert_found(&seeded(TABLE, &own), &lists, &["storage/comments.rs asks another question"]);
    let owned = tree.programs["storage/owned.rs"].clone();
    let open = "concat!(\"may_change(\", $owner";
    assert!(owned.contains(open), "{owned}");
    tree.put("storage/owned.rs", &owned.replace(open, "concat!(\"coalesce(\", $owner"));
    assert_found(&tree, &lists, &["storage/owned.rs: may_delete does not ask"]);
}

#[test]
fn a_file_of_the_service_hides_nothing() {
    let mut lists = Lists::of_this_tree();
    lists.team_tables.push(("comment", Right::Shared));
    let file = ServiceFile { name: "comments", because: "of nothing", callers: Callers::Anybody };
    lists.service_files.push(file);
    let mut tree = seeded(TABLE, ALL_COMMENTS);
    assert_found(&tree, &lists, &[NO_RIGHT]);

    lists.service_files.pop();
    lists.service_files.push(ServiceFile { callers: Callers::Only(&["actions/listen"]), ..file });
    lists.files_of_the_work.push("comments");
    assert_found(&tree, &lists, &[]);
    let call = "fn page(storage: &Storage) { storage.all_comments() }";
    tree.put("actions/listen/comments.rs", call);
    assert_found(&tree, &lists, &[]);
    tree.put("web/screens/comments.rs", call);
    assert_found(&tree, &lists, &["src/web/screens/comments.rs calls all_comments"]);

    lists.service_files.pop();
    lists.team_files.push("comments");
    tree.programs.remove("web/screens/comments.rs");
    assert_found(&tree, &lists, &["storage/comments.rs is called work", UNASKED]);
}

#[test]
fn an_excuse_is_needed_by_one_and_says_why() {
    let tree = seeded(TABLE, ALL_COMMENTS);
    let mut lists = lists(Right::Shared);
    lists.without_an_asker.push(("comments", "all_comments", "finds out who asks"));
    lists.without_a_right.push(("comments", "select text", "finds out who asks"));
    assert_found(&tree, &lists, &[]);

    let two = seeded(TABLE, &format!("{ALL_COMMENTS} {ALL_COMMENTS}"));
    assert_found(&two, &lists, &["2 statements need the excuse of comments"]);
    let none =
        ["storage/comments.rs: all_comments needs no excuse", "0 statements need the excuse"];
    assert_found(&seeded(TABLE, ""), &lists, &none);
    let asked = ALL_COMMENTS
        .replace("&self)", "&self, by: &Asker)")
        .replace("from comment", "from comment where may_read(1)");
    assert_found(&seeded(TABLE, &asked), &lists, &none);

    lists.without_an_asker.pop();
    lists.without_an_asker.push(("comments", "all_comments", ""));
    lists.called_by_others.push(("run_work", "is_gone", &[], "its file has lost it"));
    lists.macros_that_ask.push(("comments", "select_comments"));
    let found = [
        "all_comments: because of what?",
        "storage/run_work.rs has no is_gone",
        "storage/comments.rs: select_comments does not ask",
    ];
    assert_found(&tree, &lists, &found);
}
