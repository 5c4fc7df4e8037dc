//! `/targets/{id}/`: one target with its alerts; and its deletion.

use askama::Template;
use axum::{extract::State, response::Response};

use crate::{
    clock::Clock,
    domain::{alert::Band, history::Kind, sky::galactic, target::Target},
    storage::{EvidencePage, EvidencePlace, Storage, TargetEvidence},
    web::{
        frame::{
            chrome::{Chrome, Section},
            confirm::ConfirmPage,
            context::{PageContext, redirect_with},
            error::Error,
            extract::Id,
            flash::Note,
            page_query::Query,
        },
        paths,
        screens::shared::{
            owned::links_about,
            sharing_labels::sharing_labels,
            way_back::{AlertFrom, TargetRequest},
        },
        state::AppState,
        widgets::{
            brightness::Magnitude,
            controls::{Fact, FactGroup, Link, TimeView},
            links_out::links_out,
            pager::Pager,
            words::{
                counted, days_text, link, magnitude, moment, observed, position_text, run_link,
            },
        },
    },
};

/// The page `/targets/{id}/`.
#[derive(Clone, Debug, Template)]
#[template(path = "screens/target/detail.html")]
struct TargetPage {
    chrome: Chrome,
    /// The list that it was opened from, as it was.
    back: Link,
    name: String,
    aliases: Vec<String>,
    /// Its type: "sidereal".
    kind: String,
    /// Where it is, who saved it, when.
    facts: Vec<FactGroup>,
    /// What people wrote about it, a paragraph each.
    notes: Vec<String>,
    /// How many alerts it has, on all pages.
    n_alerts: String,
    alerts: Vec<TargetAlert>,
    pager: Pager,
    /// With whom it is shared, where that is not the whole team.
    shared: Option<String>,
    about: Vec<Link>,
    links: Vec<Link>,
    /// Its form; absent without the right to change it.
    edit_href: Option<String>,
    /// Asks whether to delete it; absent without the right to.
    delete_href: Option<String>,
}

/// An alert of a target.
#[derive(Clone, Debug)]
struct TargetAlert {
    /// The alert: its id and page.
    alert: Link,
    run: Option<Link>,
    time: TimeView,
    magnitude: Option<Magnitude>,
    /// Whether the target was made from this one.
    is_origin: bool,
}

/// Alerts of a page.
const PAGE_SIZE: u32 = 100;

/// `GET /targets/{id}/?alerts_before=`, with what it carries of the way back.
pub(in crate::web) async fn get(
    State(storage): State<Storage>,
    State(clock): State<Clock>,
    query: Query,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let request = TargetRequest::of(query)?;
    let target = storage.find_target(&context.asker, id).await?.ok_or(Error::NotFound)?;
    let evidence = storage.list_evidence(&context.asker, id, request.alerts, PAGE_SIZE).await?;
    let rights = context.asker.rights_on(target.created_by, &target.sharing);
    let shared = sharing_labels(&storage, &context, std::iter::once(&target.sharing)).await?;
    let from = paths::query_string_of(&AlertFrom::Target(id, request.clone()).pairs());
    let page = TargetPage {
        chrome: context.chrome(Section::Targets),
        back: request.way_back(&storage, &context.asker).await?,
        name: target.name.clone(),
        aliases: target.aliases.clone(),
        kind: "Sidereal".to_owned(),
        facts: facts(&target, clock.now()),
        notes: target
            .note
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(str::to_owned)
            .collect(),
        n_alerts: counted(target.n_alerts, "alert"),
        pager: pager(&target, &evidence, &request),
        alerts: evidence.rows.iter().map(|alert| target_alert(alert, &from)).collect(),
        links: target.position.map(links_out).unwrap_or_default(),
        shared: shared.into_iter().next().flatten(),
        about: links_about(&context, Kind::Target, id),
        edit_href: rights.write.then(|| request.href_of_part(id, "update/")),
        delete_href: rights.delete.then(|| request.href_of_part(id, "delete/")),
    };
    Ok(context.render(&page))
}

/// `GET /targets/{id}/delete/`
pub(in crate::web) async fn get_delete(
    State(state): State<AppState>,
    query: Query,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let request = TargetRequest::of(query)?;
    let found = state.storage().find_target(&context.asker, id).await?;
    let target = found.ok_or(Error::NotFound)?;
    if !context.asker.rights_on(target.created_by, &target.sharing).delete {
        return Err(Error::Forbidden);
    }
    let mut consequences = vec!["Its names and notes are deleted.".to_owned()];
    if target.n_alerts > 0 {
        consequences.push(format!(
            "{} will be deleted after {}, like all that belong to no target.",
            counted(target.n_alerts, "alert"),
            days_text(state.retention())
        ));
    }
    let page = ConfirmPage {
        chrome: context.chrome(Section::Targets),
        question: format!("Delete the target {}?", target.name),
        consequences,
        facts: Vec::new(),
        action: paths::target_page(id, "delete/"),
        hidden: Vec::new(),
        confirm_label: "Delete target".to_owned(),
        cancel: link("Keep it", request.href(id)),
    };
    Ok(context.render(&page))
}

/// `POST /targets/{id}/delete/`
pub(in crate::web) async fn post_delete(
    State(storage): State<Storage>,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    if storage.delete_target(&context.asker, id).await? {
        Ok(redirect_with(Note::TargetDeleted, paths::TARGETS))
    } else {
        Err(Error::NotFound)
    }
}

/// Turns the pages of the alerts; nothing where one page has them all.
fn pager(target: &Target, page: &EvidencePage, request: &TargetRequest) -> Pager {
    let href = |place| request.href_of_alerts(target.id, place);
    if request.alerts == EvidencePlace::Latest && !page.has_more {
        return Pager::default();
    }
    let has_later = page.n_before > 0;
    let (latest, earliest) = (page.rows.first(), page.rows.last());
    Pager {
        summary: Pager::summary(page.n_before, page.rows.len(), target.n_alerts),
        what: "alerts".to_owned(),
        first: (has_later || page.rows.is_empty()).then(|| href(EvidencePlace::Latest)),
        previous: latest
            .filter(|_| has_later)
            .map(|alert| href(EvidencePlace::After(alert.alert_id))),
        next: earliest
            .filter(|_| page.has_more)
            .map(|alert| href(EvidencePlace::Before(alert.alert_id))),
        ..Pager::default()
    }
}

fn facts(target: &Target, now: chrono::DateTime<chrono::Utc>) -> Vec<FactGroup> {
    let mut groups = Vec::new();
    if let Some(position) = target.position {
        let text = position_text(position);
        let (l, b) = galactic(position);
        groups.push(FactGroup {
            title: "Position (ICRS)".to_owned(),
            facts: vec![
                copyable("RA, Dec", format!("{} {}", text.ra, text.dec)),
                copyable("In degrees", format!("{} {}", text.ra_degrees, text.dec_degrees)),
                fact("Galactic l, b", format!("{l:.4}° {b:+.4}°")),
            ],
        });
    }
    let created = moment(target.created, now);
    let modified = moment(target.modified, now);
    groups.push(FactGroup {
        title: "Saved".to_owned(),
        facts: vec![
            fact("By", target.created_by_name.clone()),
            Fact { note: created.age, ..fact("Created", format!("{} UTC", created.utc)) },
            Fact { note: modified.age, ..fact("Changed", format!("{} UTC", modified.utc)) },
        ],
    });
    groups
}

fn fact(label: &str, value: String) -> Fact {
    Fact { label: label.to_owned(), value, note: None, copy: None }
}

fn copyable(label: &str, value: String) -> Fact {
    Fact { copy: Some(value.clone()), ..fact(label, value) }
}

fn target_alert(alert: &TargetEvidence, from: &str) -> TargetAlert {
    let band = alert.band.as_deref().and_then(Band::from_letter);
    TargetAlert {
        alert: link(
            alert.source_id.to_string(),
            paths::alert(alert.survey, alert.source_id) + from,
        ),
        run: alert.run_id.map(run_link),
        time: observed(alert.jd, None),
        magnitude: magnitude(alert.mag, alert.mag_err, band, None),
        is_origin: alert.is_origin,
    }
}
