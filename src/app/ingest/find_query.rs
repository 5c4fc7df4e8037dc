//! Which saved query is meant by its name, and whether it can be listened to.

use anyhow::Context;
use chrono::{DateTime, Utc};

use crate::{
    actions::stored_form::why_not_listen,
    brokers::Brokers,
    config::IngestConfig,
    domain::{saved_query::SavedQuery, sharing::Asker},
    storage::{NamedQuery, Storage},
};

/// Finds the query and as whom it is listened to, and checks that it can be.
pub(super) async fn find_query(
    config: &IngestConfig,
    storage: &Storage,
    brokers: &Brokers,
    now: DateTime<Utc>,
) -> anyhow::Result<(SavedQuery, Asker)> {
    let named = storage.queries_named(&config.query).await?;
    let named = choose(&named, &config.query, config.member.as_deref())?;
    let owner = &named.owner;
    let asker = storage.asker(named.owner_id).await?.filter(Asker::may_work);
    let asker = asker.with_context(|| {
        format!("“{}” is {owner}'s, who may not run queries any more: save a copy of it as somebody else", config.query)
    })?;
    let query = storage.find_query(&asker, named.id).await?;
    let query = query.with_context(|| format!("“{}” was deleted just now", config.query))?;
    let broker = brokers
        .find(&query.broker)
        .with_context(|| format!("“{}” cannot be listened to: only streams can", query.name))?;
    if let Some(because) = why_not_listen(broker.as_ref(), &query.parameters, now).await {
        anyhow::bail!("“{}” cannot be listened to. {because}", query.name);
    }
    Ok((query, asker))
}

/// The one query that is meant.
fn choose<'q>(
    named: &'q [NamedQuery],
    name: &str,
    member: Option<&str>,
) -> anyhow::Result<&'q NamedQuery> {
    let of_member = |query: &&NamedQuery| {
        let is_theirs = |member: &str| {
            query.email.as_deref().is_some_and(|email| email.eq_ignore_ascii_case(member))
        };
        member.is_none_or(is_theirs)
    };
    let found: Vec<&NamedQuery> = named.iter().filter(of_member).collect();
    match (found.as_slice(), member) {
        ([one], _) => Ok(one),
        ([], Some(member)) => {
            anyhow::bail!("there is no saved query named “{name}” of {member}")
        }
        ([], None) => anyhow::bail!("there is no saved query named “{name}”"),
        (several, _) => {
            let owners: Vec<&str> = several
                .iter()
                .map(|query| query.email.as_deref().unwrap_or(&query.owner))
                .collect();
            anyhow::bail!(
                "several saved queries are named “{name}”, of {}: say whose with --member, or rename one of them",
                owners.join(" and of ")
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(id: i64, email: Option<&str>) -> NamedQuery {
        NamedQuery { id, owner_id: id, owner: "Ada".to_owned(), email: email.map(str::to_owned) }
    }

    #[test]
    fn a_query_is_chosen_only_where_one_is_meant() {
        let two = [named(1, Some("Ada@obs.example")), named(2, Some("bob@obs.example"))];
        assert_eq!(choose(&two, "q", Some("ada@obs.example")).unwrap().id, 1);
        assert_eq!(choose(&[named(3, None)], "q", None).unwrap().id, 3);
        let said = |result: anyhow::Result<&NamedQuery>| result.unwrap_err().to_string();
        assert!(
            said(choose(&two, "q", None)).contains("of Ada@obs.example and of bob@obs.example")
        );
        assert!(said(choose(&two, "q", Some("eve@obs.example"))).contains("of eve@obs.example"));
        assert_eq!(said(choose(&[], "q", None)), "there is no saved query named “q”");
        assert!(choose(&[named(1, None), named(2, None)], "q", None).is_err());
    }
}
