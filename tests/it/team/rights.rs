//! Who sees and changes what: the rule in Rust, the functions in SQL, every list and count, against a model of its own.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use tom_alerts::{
    domain::{
        alert::Survey,
        found_alert::SortOrder,
        history,
        member::Role,
        sharing::{Asker, Sharing, TEAM, Whose},
        sky::{Cone, Position},
    },
    storage::{
        EvidencePlace, PageCursor, QueryFilter, QueryOrder, RunFilter, Storage, TargetFilter,
    },
};

use super::{dice::Dice, people::insert_member};
use crate::sign_in::Deployment;

/// Somebody who asks, as the model knows them.
#[derive(Clone, Debug)]
struct Somebody {
    id: i64,
    is_admin: bool,
    works: bool,
    own: Vec<i64>,
    seen: Vec<i64>,
    asker: Asker,
}

impl Somebody {
    fn sees(&self, thing: &Thing) -> bool {
        thing.owner == self.id || thing.readers.iter().any(|group| self.seen.contains(group))
    }

    fn may(&self, thing: &Thing, holders: &[i64]) -> bool {
        let is_held = || self.is_admin || holders.iter().any(|group| self.seen.contains(group));
        thing.owner == self.id || (self.sees(thing) && is_held())
    }

    fn lists(&self, thing: &Thing, whose: Whose) -> bool {
        self.sees(thing)
            && match whose {
                Whose::All => true,
                Whose::Mine => thing.owner == self.id,
                Whose::MyGroups => thing.readers.iter().any(|group| self.own.contains(group)),
            }
    }
}

/// Something that somebody made.
#[derive(Clone, Debug)]
struct Thing {
    id: i64,
    owner: i64,
    readers: Vec<i64>,
    writers: Vec<i64>,
    sharers: Vec<i64>,
}

impl Thing {
    fn sharing(&self) -> Sharing {
        Sharing {
            readers: self.readers.clone(),
            writers: self.writers.clone(),
            sharers: self.sharers.clone(),
        }
    }
}

/// Members, groups, and everybody who asks: each member by session, by a token that writes, by one that reads.
struct Team {
    deployment: Deployment,
    members: Vec<i64>,
    groups: Vec<i64>,
    people: Vec<Somebody>,
}

/// A group that is no more, as it may stand in a list that was read a moment ago.
const GONE: i64 = 99_999;

impl Team {
    async fn start(dice: &mut Dice, n_members: usize, n_groups: usize) -> Self {
        let deployment = Deployment::start().await;
        let roles = [Role::Viewer, Role::Member, Role::Member, Role::Admin];
        let mut members = Vec::new();
        for n in 0..n_members {
            let role = roles[n % roles.len()];
            members.push((insert_member(&deployment, &format!("m{n}"), role.id()).await, role));
        }
        let mut groups = Vec::new();
        for n in 0..n_groups {
            let sql = format!(
                "insert into team_group (name, created_by) values ('g{n}', {}) returning id",
                members[0].0
            );
            groups.push(deployment.count(&sql).await);
        }
        let mut people = Vec::new();
        for (id, role) in &members {
            let own = dice.some(&groups, 35);
            for group in &own {
                let sql = format!("insert into team_group_member values ({group}, {id})");
                deployment.execute(&sql).await;
            }
            people.extend(asks(&deployment, *id, *role, &own, &groups).await);
        }
        let members = members.into_iter().map(|(id, _)| id).collect();
        Self { deployment, members, groups, people }
    }

    /// A thing of anybody's, shared with anything, in whatever order and with rights of those who do not see it.
    fn any_thing(&self, dice: &mut Dice, id: i64) -> Thing {
        let mut named = self.groups.clone();
        named.push(GONE);
        let mut list = |percent: usize| {
            let mut groups = dice.some(&named, percent);
            if dice.percent(20) {
                groups.push(TEAM);
            }
            if dice.percent(30) {
                groups.reverse();
            }
            groups
        };
        let (readers, writers, sharers) = (list(25), list(20), list(20));
        Thing { id, owner: *dice.pick(&self.members), readers, writers, sharers }
    }
}

async fn asks(
    deployment: &Deployment,
    id: i64,
    role: Role,
    own: &[i64],
    groups: &[i64],
) -> Vec<Somebody> {
    let storage = &deployment.app.storage;
    let mut scopes = vec![(role, storage.asker(id).await.unwrap().unwrap())];
    for may_write in [true, false] {
        let token = format!("token of {id}, {may_write}");
        sqlx::query(
            "insert into api_token (member_id, name, token_hash, may_write, expires)
             values ($1, 'x', $2, $3, now() + interval '1 day')",
        )
        .bind(id)
        .bind(Sha256::digest(&token).to_vec())
        .bind(may_write)
        .execute(&deployment.pool)
        .await
        .unwrap();
        let bearer = storage.bearer_of(&Sha256::digest(&token)).await.unwrap().unwrap();
        scopes.push((if may_write { role } else { Role::Viewer }, bearer.asker));
    }
    let somebody = |(role, asker): (Role, Asker)| {
        let is_admin = role == Role::Admin;
        let seen = [TEAM].iter().chain(if is_admin { groups } else { own }).copied().collect();
        Somebody { id, is_admin, works: role != Role::Viewer, own: own.to_vec(), seen, asker }
    };
    scopes.into_iter().map(somebody).collect()
}

/// What the functions of the database say: see, write, share, delete, and the three choices of a list.
async fn judged_by_sql(pool: &PgPool, somebody: &Somebody, things: &[Thing]) -> Vec<[bool; 7]> {
    let things: Value = things
        .iter()
        .map(|it| json!({"o": it.owner, "r": it.readers, "w": it.writers, "s": it.sharers}))
        .collect();
    let rows: Vec<(bool, bool, bool, bool, bool, bool, bool)> = sqlx::query_as(
        "with listed as (
             select n, (e->>'o')::bigint as o,
                    array(select jsonb_array_elements_text(e->'r')::bigint) as r,
                    array(select jsonb_array_elements_text(e->'w')::bigint) as w,
                    array(select jsonb_array_elements_text(e->'s')::bigint) as s
             from jsonb_array_elements($1) with ordinality as x (e, n)
         )
         select may_read(o, r, $2, $3), may_change(o, r, w, $2, $3, $4), may_change(o, r, s, $2, $3, $4),
                may_change(o, r, '{}', $2, $3, $4), is_of('all', o, r, $2, $5), is_of('mine', o, r, $2, $5),
                is_of('groups', o, r, $2, $5)
         from listed order by n",
    )
    .bind(things)
    .bind(somebody.asker.member_id())
    .bind(somebody.asker.seen_groups())
    .bind(somebody.asker.is_admin())
    .bind(somebody.asker.own_groups())
    .fetch_all(pool)
    .await
    .unwrap();
    rows.into_iter().map(|(a, b, c, d, e, f, g)| [a, b, c, d, e, f, g]).collect()
}

#[tokio::test]
async fn the_rule_in_rust_the_functions_in_sql_and_the_model_agree() {
    let mut n_things = 0;
    let mut seen_and_not = [0, 0];
    for seed in [1, 2, 3] {
        let mut dice = Dice::new(seed);
        let team = Team::start(&mut dice, 8, 5).await;
        for somebody in &team.people {
            let things: Vec<_> = (0..300).map(|id| team.any_thing(&mut dice, id)).collect();
            let judged = judged_by_sql(&team.deployment.pool, somebody, &things).await;
            for (thing, sql) in things.iter().zip(judged) {
                let what = || format!("seed {seed}: {somebody:?} {thing:?} {sql:?}");
                let sees = somebody.sees(thing);
                let sharing = thing.sharing();
                assert_eq!(somebody.asker.may_read(thing.owner, &sharing), sees, "{}", what());
                assert_eq!(sql[0], sees, "{}", what());
                let rights = somebody.asker.rights_on(thing.owner, &sharing);
                let rights = [rights.write, rights.share, rights.delete];
                let holders: [&[i64]; 3] = [&thing.writers, &thing.sharers, &[]];
                for n in 0..3 {
                    let may = somebody.may(thing, holders[n]);
                    // The functions ask for no role: the storage does so before.
                    assert_eq!(sql[1 + n], may, "{}", what());
                    assert_eq!(rights[n], may && somebody.works, "{}", what());
                }
                for (n, whose) in [Whose::All, Whose::Mine, Whose::MyGroups].into_iter().enumerate()
                {
                    assert_eq!(sql[0] && sql[4 + n], somebody.lists(thing, whose), "{}", what());
                }
                seen_and_not[usize::from(sees)] += 1;
                n_things += 1;
            }
        }
    }
    assert!(n_things >= 10_000 && seen_and_not.iter().all(|n| *n > 1_000), "{seen_and_not:?}");
}

/// Alerts of one object each, and what the team made of them.
struct Made {
    alerts: Vec<i64>,
    queries: Vec<Thing>,
    runs: Vec<Thing>,
    targets: Vec<Thing>,
    /// The query of a run, by the run's place.
    query_of: Vec<Option<i64>>,
    /// Places of alerts that a run found.
    found_by: Vec<Vec<usize>>,
    /// The place of the alert whose object a target is named after.
    named_after: Vec<Option<usize>>,
    /// Places of targets whose first name is a star's.
    star_names: BTreeSet<usize>,
    /// Alert and run that a target was saved from, by place.
    saved_from: Vec<Option<(usize, usize)>>,
}

const N: usize = 40;
const N_ALERTS: usize = 8;

fn object(n: usize) -> String {
    format!("ZTF26aaa{n}")
}

async fn make(team: &Team, dice: &mut Dice) -> Made {
    let deployment = &team.deployment;
    let mut alerts = Vec::new();
    for n in 0..N_ALERTS {
        let (name, key) = (object(n), object(n).to_lowercase());
        let sql = format!(
            "with made as (
                 insert into alert (survey, source_id, object_id, object_key, jd, ra, dec, healpix)
                 values ('ztf', {n}, '{name}', '{key}', 2461000.5, 10, 10, 1) returning id
             ), packet as (
                 insert into alert_packet (alert_id, format, schema_version, bytes)
                 select id, 'avro', '1', 'x' from made
             ) select id from made"
        );
        alerts.push(deployment.count(&sql).await);
    }
    let mut made = Made {
        alerts,
        queries: Vec::new(),
        runs: Vec::new(),
        targets: Vec::new(),
        query_of: Vec::new(),
        found_by: Vec::new(),
        named_after: Vec::new(),
        star_names: BTreeSet::new(),
        saved_from: Vec::new(),
    };
    for _ in 0..N {
        make_query(team, dice, &mut made).await;
    }
    for _ in 0..N {
        make_run(team, dice, &mut made).await;
    }
    for n in 0..N {
        make_target(team, dice, &mut made, n).await;
    }
    for (kind, things) in [("query", &made.queries), ("run", &made.runs), ("target", &made.targets)]
    {
        for thing in things {
            let other = dice.pick(&team.members);
            let sql = format!(
                "insert into history (actor_id, actor, action, kind, object_id, name) values
                 ({}, 'x', 'created', '{kind}', {id}, 'x'), ({other}, 'x', 'refused', '{kind}', {id}, 'x')",
                thing.owner,
                id = thing.id
            );
            deployment.execute(&sql).await;
        }
    }
    made
}

async fn inserted(team: &Team, sql: &'static str, thing: &Thing, more: Option<i64>) -> Option<i64> {
    sqlx::query_scalar(sql)
        .bind(thing.owner)
        .bind(&thing.readers)
        .bind(&thing.writers)
        .bind(&thing.sharers)
        .bind(more)
        .fetch_optional(&team.deployment.pool)
        .await
        .unwrap()
}

async fn make_query(team: &Team, dice: &mut Dice, made: &mut Made) {
    let thing = team.any_thing(dice, 0);
    let sql = "insert into saved_query (owner_id, readers, writers, sharers, name, broker, parameters)
               values ($1, $2, $3, $4, 'q', case when $5 = 0 then 'archive' else 'other' end, '{}') returning id";
    let broker = i64::from(dice.percent(50));
    let id = inserted(team, sql, &thing, Some(broker)).await.unwrap();
    made.queries.push(Thing { id, ..thing });
}

async fn make_run(team: &Team, dice: &mut Dice, made: &mut Made) {
    let thing = team.any_thing(dice, 0);
    let query = dice.percent(70).then(|| dice.pick(&made.queries).id);
    let sql = "insert into run (started_by, readers, writers, sharers, saved_query_id, query_name, broker, parameters,
                                state, instance)
               values ($1, $2, $3, $4, $5, 'r', 'archive', '{}', 'finished', 'x') returning id";
    let id = inserted(team, sql, &thing, query).await.unwrap();
    let found: Vec<usize> = (0..N_ALERTS).filter(|_| dice.percent(40)).collect();
    for at in &found {
        let sql = format!(
            "insert into run_alert (run_id, alert_id, jd, object_id, ra, dec, attributes)
             values ({id}, {}, 1, 'x', 1, 1, '{{\"of\": {id}}}')",
            made.alerts[*at]
        );
        team.deployment.execute(&sql).await;
    }
    let sql = format!(
        "insert into unreadable (run_id, origin, error, bytes) values ({id}, 'x', 'x', 'x')"
    );
    team.deployment.execute(&sql).await;
    made.runs.push(Thing { id, ..thing });
    made.query_of.push(query);
    made.found_by.push(found);
}

/// Some are named after the object of an alert, by name or by alias: of one realm only one can be.
async fn make_target(team: &Team, dice: &mut Dice, made: &mut Made, n: usize) {
    let thing = team.any_thing(dice, 0);
    let sql = "insert into target (created_by, readers, writers, sharers, ra, dec, healpix)
               values ($1, $2, $3, $4, 10 + $5 * 0.5, 0, 1) returning id";
    let id = inserted(team, sql, &thing, Some(i64::try_from(n).unwrap())).await.unwrap();
    // Its cell as the service writes it.
    let position = Position::new(10.0 + f64::from(u32::try_from(n).unwrap()) * 0.5, 0.0).unwrap();
    let cell = tom_alerts::domain::sky::healpix29(position);
    team.deployment.execute(&format!("update target set healpix = {cell} where id = {id}")).await;
    let after = dice.percent(70).then(|| dice.below(N_ALERTS));
    let is_alias = dice.percent(40);
    let name = |name: &str, is_primary: bool| {
        format!(
            "insert into target_name (target_id, realm, name, name_key, is_primary)
             select id, realm, '{name}', '{}', {is_primary} from target where id = {id}
             on conflict on constraint target_name_key do nothing",
            name.to_lowercase()
        )
    };
    let mut named_after = None;
    if let Some(after) = after
        && team.deployment.execute(&name(&object(after), !is_alias)).await == 1
    {
        named_after = Some(after);
    }
    if named_after.is_none() || is_alias {
        team.deployment.execute(&name(&format!("Star{n}"), true)).await;
        made.star_names.insert(n);
    }
    let run = dice.below(N);
    let saved = made.found_by[run].first().map(|alert| (*alert, run)).filter(|_| dice.percent(70));
    if let Some((alert, run)) = saved {
        let sql = format!(
            "insert into target_alert (target_id, alert_id, run_id, saved_by) values ({id}, {}, {}, {})",
            made.alerts[alert], made.runs[run].id, thing.owner
        );
        team.deployment.execute(&sql).await;
    }
    made.targets.push(Thing { id, ..thing });
    made.named_after.push(named_after);
    made.saved_from.push(saved);
}

type Ids = BTreeSet<i64>;

fn ids<'t>(things: impl IntoIterator<Item = &'t Thing>) -> Ids {
    things.into_iter().map(|thing| thing.id).collect()
}

#[tokio::test]
async fn every_list_and_count_shows_what_the_asker_sees_and_nothing_else() {
    for seed in [11, 12] {
        let mut dice = Dice::new(seed);
        let team = Team::start(&mut dice, 6, 4).await;
        let made = make(&team, &mut dice).await;
        let storage = &team.deployment.app.storage;
        for somebody in &team.people {
            queries_are_listed(storage, somebody, &made).await;
            runs_are_listed(storage, somebody, &made).await;
            targets_are_listed(storage, somebody, &made).await;
            targets_are_linked(storage, somebody, &made).await;
            histories_are_told(&team, somebody, &made).await;
            results_are_shown(storage, somebody, &made).await;
        }
    }
}

async fn queries_are_listed(storage: &Storage, somebody: &Somebody, made: &Made) {
    for whose in Whose::ALL {
        let expected = ids(made.queries.iter().filter(|query| somebody.lists(query, whose)));
        let filter = QueryFilter { whose, ..QueryFilter::default() };
        for (order, word) in QueryOrder::ALL {
            let listed =
                storage.list_queries(&somebody.asker, &filter, order, 1_000, 0).await.unwrap();
            let found: Ids = listed.iter().map(|query| query.id).collect();
            assert_eq!(
                (found, listed.len()),
                (expected.clone(), expected.len()),
                "{word} {somebody:?}"
            );
        }
        assert_eq!(
            storage.count_queries(&somebody.asker, &filter, i64::MAX).await.unwrap(),
            expected.len() as u64
        );
    }
    for query in &made.queries {
        let found = storage.find_query(&somebody.asker, query.id).await.unwrap();
        assert_eq!(found.is_some(), somebody.sees(query), "{somebody:?} {query:?}");
        let Some(found) = found else { continue };
        // The last run of it that they see, not the last that there was.
        let runs = made.runs.iter().zip(&made.query_of);
        let of_it = runs.filter(|(run, of)| **of == Some(query.id) && somebody.sees(run));
        let last = of_it.map(|(run, _)| run.id).max();
        assert_eq!(found.last_run.map(|run| run.id), last, "{somebody:?} {query:?}");
    }
}

async fn runs_are_listed(storage: &Storage, somebody: &Somebody, made: &Made) {
    for whose in Whose::ALL {
        let filter = RunFilter { whose, ..RunFilter::default() };
        let listed = storage.list_runs(&somebody.asker, filter, 1_000).await.unwrap();
        let found: Ids = listed.iter().map(|run| run.id).collect();
        let expected = ids(made.runs.iter().filter(|run| somebody.lists(run, whose)));
        assert_eq!((found, listed.len()), (expected.clone(), expected.len()), "{somebody:?}");
        let counted = storage.count_runs(&somebody.asker, filter, i64::MAX).await.unwrap();
        assert_eq!(counted.n_all, expected.len() as u64, "{somebody:?}");
    }
    for run in &made.runs {
        let sees = somebody.sees(run);
        assert_eq!(storage.find_run(&somebody.asker, run.id).await.unwrap().is_some(), sees);
        let logged = storage.find_run_with_log(&somebody.asker, run.id, 9).await.unwrap();
        assert_eq!(logged.is_some(), sees);
        let set_aside = storage.list_unreadable(&somebody.asker, run.id, 0, 9).await.unwrap();
        assert_eq!(set_aside.len(), usize::from(sees));
        let counted = storage.count_unreadable(&somebody.asker, run.id, 0, i64::MAX).await.unwrap();
        assert_eq!(counted.n_all, u64::from(sees));
        if let Some(row) = set_aside.first() {
            let bytes =
                storage.find_unreadable_bytes(&somebody.asker, run.id, row.id).await.unwrap();
            assert_eq!(bytes, Some(b"x".to_vec()));
        }
    }
    for query in &made.queries {
        let filter = RunFilter { saved_query_id: Some(query.id), ..RunFilter::default() };
        let listed = storage.list_runs(&somebody.asker, filter, 1_000).await.unwrap();
        let of_it = made.runs.iter().zip(&made.query_of).filter(|(_, of)| **of == Some(query.id));
        let expected = ids(of_it.map(|(run, _)| run).filter(|run| somebody.sees(run)));
        assert_eq!(listed.iter().map(|run| run.id).collect::<Ids>(), expected);
    }
    for (at, alert) in made.alerts.iter().enumerate() {
        let found_it =
            made.runs.iter().zip(&made.found_by).filter(|(_, found)| found.contains(&at));
        let expected = ids(found_it.map(|(run, _)| run).filter(|run| somebody.sees(run)));
        let listed =
            storage.list_runs_of_alert(&somebody.asker, *alert, None, 1_000).await.unwrap();
        assert_eq!(listed.iter().map(|run| run.id).collect::<Ids>(), expected, "{somebody:?}");
        let counted = storage.count_runs_of_alert(&somebody.asker, *alert, None).await.unwrap();
        assert_eq!(counted.n_all, expected.len() as u64, "{somebody:?}");
        for run in &made.runs {
            let found = storage.find_run_of_alert(&somebody.asker, *alert, run.id).await.unwrap();
            assert_eq!(found.is_some(), expected.contains(&run.id), "{somebody:?} {run:?}");
        }
        let message = storage.find_message(&somebody.asker, *alert).await.unwrap();
        assert_eq!(message.map(|(run, _)| run), expected.last().copied(), "{somebody:?}");
    }
}

async fn targets_are_listed(storage: &Storage, somebody: &Somebody, made: &Made) {
    let cone = Cone { center: Position::new(10.0, 0.0).unwrap(), radius_deg: 5.2 };
    for whose in Whose::ALL {
        for (name, cone) in [
            (None, None),
            (Some("star"), None),
            (None, Some(cone)),
            (Some("ZTF 26-aaa"), Some(cone)),
        ] {
            let matches = |at: usize| {
                let is_object = made.named_after[at].is_some();
                let by_name = match name {
                    Some("star") => made.star_names.contains(&at),
                    Some(_) => is_object,
                    None => true,
                };
                by_name && (cone.is_none() || at <= 10)
            };
            let listed = made.targets.iter().enumerate().filter(|(at, _)| matches(*at));
            let expected = ids(listed.map(|(_, it)| it).filter(|it| somebody.lists(it, whose)));
            let filter = TargetFilter { name: name.map(str::to_owned), cone, whose };
            let page = storage.list_targets(&somebody.asker, &filter, None, 1_000).await.unwrap();
            let found: Ids = page.rows.iter().map(|target| target.id).collect();
            assert_eq!(found, expected, "{filter:?} {somebody:?}");
            assert_eq!(page.rows.len(), expected.len(), "{filter:?} {somebody:?}");
            let count = storage.count_targets(&somebody.asker, &filter, i64::MAX).await.unwrap();
            assert_eq!(count, expected.len() as u64, "{filter:?} {somebody:?}");
        }
    }
    for (at, target) in made.targets.iter().enumerate() {
        let found = storage.find_target(&somebody.asker, target.id).await.unwrap();
        assert_eq!(found.is_some(), somebody.sees(target), "{somebody:?} {target:?}");
        let evidence = storage.list_evidence(&somebody.asker, target.id, EvidencePlace::Latest, 99);
        let evidence = evidence.await.unwrap().rows;
        let saved = made.saved_from[at].filter(|_| somebody.sees(target));
        let runs: Vec<_> = evidence.iter().map(|alert| alert.run_id).collect();
        let run = saved.map(|(_, run)| Some(&made.runs[run]).filter(|run| somebody.sees(run)));
        assert_eq!(
            runs,
            Vec::from_iter(run.map(|run| run.map(|run| run.id))),
            "{somebody:?} {target:?}"
        );
    }
}

impl Made {
    /// The target that an object's name leads somebody to: the team's before others, the oldest first.
    fn known(&self, somebody: &Somebody, alert: usize) -> Option<i64> {
        let named = self.targets.iter().zip(&self.named_after);
        let named = named.filter(|(it, after)| **after == Some(alert) && somebody.sees(it));
        named.map(|(it, _)| (!it.readers.contains(&TEAM), it.id)).min().map(|(_, id)| id)
    }
}

async fn targets_are_linked(storage: &Storage, somebody: &Somebody, made: &Made) {
    for at in 0..N_ALERTS {
        let known = made.known(somebody, at);
        let source = i64::try_from(at).unwrap();
        let alert =
            storage.find_alert(&somebody.asker, Survey::Ztf, source).await.unwrap().unwrap();
        assert_eq!(alert.row.target.map(|target| target.id), known, "{somebody:?} {at}");
        let named = storage.find_target_by_name(&somebody.asker, &object(at)).await.unwrap();
        assert_eq!(named.map(|target| target.id), known, "{somebody:?} {at}");
    }
}

async fn histories_are_told(team: &Team, somebody: &Somebody, made: &Made) {
    let storage = &team.deployment.app.storage;
    for (kind, things) in [
        (history::Kind::Query, &made.queries),
        (history::Kind::Run, &made.runs),
        (history::Kind::Target, &made.targets),
    ] {
        for thing in things {
            let told = storage.history_of(&somebody.asker, kind, thing.id, None, 99).await.unwrap();
            let counted = storage.count_history_of(&somebody.asker, kind, thing.id, None).await;
            assert_eq!(counted.unwrap().n_all, told.len() as u64);
            let n_refused = told.iter().filter(|line| line.action == "refused").count();
            let all_own = told
                .iter()
                .all(|line| line.action != "refused" || line.actor_id == Some(somebody.id));
            assert_eq!(
                told.len() - n_refused,
                usize::from(somebody.sees(thing)),
                "{somebody:?} {thing:?}"
            );
            assert!(somebody.is_admin || all_own, "{somebody:?} {thing:?}");
            assert_eq!(
                somebody.is_admin && somebody.sees(thing),
                somebody.is_admin && n_refused == 1
            );
        }
    }
    for (kind, id) in [(history::Kind::Member, somebody.id), (history::Kind::Group, team.groups[0])]
    {
        let told = storage.history_of(&somebody.asker, kind, id, None, 99).await.unwrap();
        assert!(somebody.is_admin || told.is_empty());
        let counted = storage.count_history_of(&somebody.asker, kind, id, None).await.unwrap();
        assert_eq!(counted.n_all, told.len() as u64);
    }
}

async fn results_are_shown(storage: &Storage, somebody: &Somebody, made: &Made) {
    for (run, found) in made.runs.iter().zip(&made.found_by) {
        let page = storage
            .list_results(&somebody.asker, run.id, SortOrder::default(), &PageCursor::Start, 100)
            .await
            .unwrap();
        let shown: BTreeSet<_> = page
            .rows
            .iter()
            .map(|row| (row.id, row.target.as_ref().map(|target| target.id)))
            .collect();
        let expected: BTreeSet<_> = found
            .iter()
            .filter(|_| somebody.sees(run))
            .map(|at| (made.alerts[*at], made.known(somebody, *at)))
            .collect();
        assert_eq!(shown, expected, "{somebody:?} {run:?}");
        let numbered = storage
            .list_results_from(&somebody.asker, run.id, SortOrder::default(), 0, 100)
            .await
            .unwrap();
        assert_eq!(numbered.len(), expected.len());
        // What is not seen is not ticked either; and who only looks ticks nothing.
        let all = storage.select_all(&somebody.asker, run.id).await;
        let some =
            storage.change_selection(&somebody.asker, run.id, made.alerts.clone(), Vec::new());
        assert_eq!(
            (all.is_ok(), some.await.is_ok()),
            (somebody.works, somebody.works),
            "{somebody:?}"
        );
        let expected = if somebody.works { expected.len() } else { 0 };
        let n = storage.count_selected(&somebody.asker, run.id).await.unwrap();
        assert_eq!(n, expected as u64, "{somebody:?} {run:?}");
        let ticked = storage.list_selected(&somebody.asker, run.id, 99).await.unwrap();
        assert_eq!(ticked.len(), expected);
        storage.clear_selection(&somebody.asker, run.id).await.unwrap();
    }
}
