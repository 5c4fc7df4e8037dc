//! Pages about the team: members, groups, sharing, history, tokens, invitations.

use super::{
    super::{
        chrome::{Chrome, Section},
        controls::ButtonLook,
        field::Choice,
        table::Pager,
        team::{
            AddForm, FreshToken, GroupForm, GroupMemberRow, GroupPage, GroupRow, HistoryFilterForm,
            HistoryPage, HistoryRow, InvitationPanel, InvitationRow, JoinOffer, JoinPage,
            MemberRow, SharePage, ShareRow, TeamPage, TokenForm, TokenRow, TokensPage,
        },
    },
    HOSTILE, Sample,
    frame::{button, chrome, link, team_chrome, time},
    sample,
};

pub(super) fn samples() -> Vec<Sample> {
    vec![
        sample("team for a member", &team(None, None)),
        sample("team for an admin", &team(Some(invitations(None, None)), None)),
        sample("team, a link was made", &team(Some(invitations(Some(HOSTILE), None)), None)),
        sample("team, wrong address", &team(Some(invitations(None, Some(HOSTILE))), None)),
        sample("team, the last admin", &team(None, Some(HOSTILE.into()))),
        sample("group", &group(false)),
        sample("group for its leader", &group(true)),
        sample("sharing", &share(true, None)),
        sample("sharing, to look at", &share(false, None)),
        sample("sharing that clashes", &share(true, Some(HOSTILE.into()))),
        sample("history of everything", &history(true)),
        sample("history of one thing", &history(false)),
        sample("tokens", &tokens(None, false)),
        sample("tokens, one was made", &tokens(Some(HOSTILE), false)),
        sample("tokens, wrong form", &tokens(None, true)),
        sample("invitation", &join(true)),
        sample("invitation that is over", &join(false)),
    ]
}

fn choice(value: &str) -> Choice {
    Choice { value: value.into(), label: value.into(), help: Some(HOSTILE.into()) }
}

fn invitations(fresh: Option<&str>, error: Option<&str>) -> InvitationPanel {
    InvitationPanel {
        rows: vec![InvitationRow {
            who: HOSTILE.into(),
            role: "member".into(),
            invited_by: "Ada Lovelace".into(),
            created: time("05:10:00", "3 h ago"),
            expires: Some(time("05:10:00", "in 7 d")),
            take_back: button(
                "Take back",
                "/team/invitations/7/delete/",
                ButtonLook::Plain,
                "the invitation",
            ),
        }],
        fresh_link: fresh.map(str::to_owned),
        email: HOSTILE.into(),
        role: "admin".into(),
        error: error.map(str::to_owned),
    }
}

fn team(invitations: Option<InvitationPanel>, problem: Option<String>) -> TeamPage {
    let is_admin = invitations.is_some();
    let member = |name: &str, is_this| MemberRow {
        name: name.into(),
        email: "ada@obs.example".into(),
        role: "admin".into(),
        groups: if is_this { String::new() } else { HOSTILE.into() },
        last_sign_in: is_this.then(|| time("05:10:00", "3 h ago")),
        is_this,
        change_role: is_admin.then(|| "/team/members/7/role/".into()),
        remove: is_this.then(|| link("Leave…", "/team/members/7/remove/")),
    };
    TeamPage {
        chrome: team_chrome(Section::Elsewhere),
        members: vec![member("Ada Lovelace", true), member(HOSTILE, false)],
        roles: ["member", "viewer", "admin"].map(choice).to_vec(),
        groups: vec![GroupRow {
            group: link(HOSTILE, "/team/groups/3/"),
            description: String::new(),
            members: "Ada Lovelace, Bea and 3 more".into(),
            is_mine: true,
        }],
        new_group: Some(GroupForm {
            name: HOSTILE.into(),
            description: String::new(),
            error: problem.clone(),
        }),
        invitations,
        domains: vec!["obs.example".into(), "uni.example".into()],
        problem,
        history: is_admin.then(|| link("History", "/team/history/")),
    }
}

fn group(leads: bool) -> GroupPage {
    let act = |label: &str| button(label, "/team/groups/3/add/", ButtonLook::Plain, HOSTILE);
    GroupPage {
        chrome: team_chrome(Section::Elsewhere),
        name: HOSTILE.into(),
        description: "Young supernovae".into(),
        members: vec![GroupMemberRow {
            name: HOSTILE.into(),
            is_this: true,
            is_leader: leads,
            buttons: if leads { vec![act("Make member"), act("Take out")] } else { vec![] },
        }],
        add: leads
            .then(|| AddForm { action: "/team/groups/3/add/".into(), choices: vec![choice("7")] }),
        leave: Some(act("Leave group")),
        delete: leads.then(|| link("Delete group…", "/team/groups/3/delete/")),
    }
}

fn share(can: bool, error: Option<String>) -> SharePage {
    let row = |id: i64, name: &str| ShareRow {
        id,
        name: name.into(),
        note: "3 members".into(),
        sees: id == 0,
        changes: false,
        shares: id == 3,
    };
    SharePage {
        chrome: team_chrome(Section::Elsewhere),
        object: link(HOSTILE, "/targets/7/"),
        kind: "target".into(),
        owner: "Ada Lovelace".into(),
        rows: vec![row(0, "The whole team"), row(3, HOSTILE)],
        action: can.then(|| "/targets/7/share/".into()),
        seen: HOSTILE.into(),
        error,
        remarks: vec!["Viewers look only.".into()],
    }
}

fn history(is_whole: bool) -> HistoryPage {
    let row = |action: &str, class, href: &str| HistoryRow {
        time: time("05:10:00", "3 h ago"),
        actor: if is_whole { HOSTILE.into() } else { String::new() },
        via: "by token 7".into(),
        action: action.into(),
        class,
        kind: "query".into(),
        object: link(HOSTILE, href),
        detail: vec![format!("parameters: {HOSTILE}"), "broker: archive".into()],
    };
    HistoryPage {
        chrome: team_chrome(Section::Elsewhere),
        object: (!is_whole).then(|| link(HOSTILE, "/alerts/query/4/update/")),
        crumb: link("Team", "/team/"),
        filter: is_whole.then(|| HistoryFilterForm {
            members: vec![choice("7")],
            member: "7".into(),
            actions: vec![choice("shared")],
            action: String::new(),
            kinds: vec![choice("query")],
            kind: "query".into(),
            since: HOSTILE.into(),
            until: String::new(),
            error: Some("Enter days as 2026-11-25.".into()),
        }),
        rows: vec![
            row("shared", "is-plain", "/alerts/query/4/update/"),
            row("refused", "is-bad", ""),
        ],
        pager: Pager { next: Some("/team/history/?before=7".into()), ..Pager::default() },
        export: is_whole.then(|| link("Download as JSON lines", "/team/history/export/")),
    }
}

fn tokens(fresh: Option<&str>, is_wrong: bool) -> TokensPage {
    let row = |is_alive: bool| TokenRow {
        name: HOSTILE.into(),
        rights: "read".into(),
        created: time("05:10:00", "3 h ago"),
        last_used: is_alive.then(|| time("05:10:00", "3 h ago")),
        expires: time("05:10:00", "in 90 d"),
        revoke: is_alive
            .then(|| button("Revoke", "/accounts/tokens/7/revoke/", ButtonLook::Danger, HOSTILE)),
    };
    TokensPage {
        chrome: team_chrome(Section::Elsewhere),
        fresh: fresh.map(|token| FreshToken { name: HOSTILE.into(), token: token.into() }),
        rows: if is_wrong { vec![] } else { vec![row(true), row(false)] },
        form: TokenForm {
            name: HOSTILE.into(),
            may_write: is_wrong,
            owner_writes: is_wrong,
            days: "90".into(),
            max_days: 365,
            name_error: is_wrong.then(|| "This field is required.".into()),
            days_error: is_wrong.then(|| "Enter a whole number of days from 1 to 365.".into()),
        },
        api_url: "https://alerts.obs.example/api/targets/".into(),
    }
}

fn join(is_open: bool) -> JoinPage {
    JoinPage {
        chrome: Chrome { user: None, ..chrome(Section::Elsewhere) },
        provider: "Google".into(),
        invitation: is_open.then(|| JoinOffer {
            invited_by: HOSTILE.into(),
            role: "viewer".into(),
            role_note: "looks at what is shared, and changes nothing.".into(),
            expires: Some(time("05:10:00", "in 7 d")),
            token: HOSTILE.into(),
        }),
    }
}
