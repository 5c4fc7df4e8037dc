//! The tables that Pitt-Google publishes, and what their columns allow. Identifiers reach a statement only from here,
//! or through [`check_table`].

use crate::google::check_project;

/// What a table's columns allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// The nested names of ZTF's packets.
    Ztf {
        /// Schema 3.3 and later: `drb`.
        has_drb: bool,
        /// Schema 4.01 and later: `fp_hists`.
        has_forced: bool,
    },
    /// The nested names of LSST's packets with `healpix9`, `healpix19`, `healpix29` and `kafkaPublishTimestamp`, by
    /// whose day the table is partitioned.
    Lsst,
}

/// A published table.
#[derive(Debug)]
pub(super) struct Table {
    /// Full name.
    pub(super) name: &'static str,
    /// A line on it.
    pub(super) label: &'static str,
    /// Version of the survey's schema.
    pub(super) schema_version: &'static str,
    pub(super) shape: Shape,
}

const fn ztf(
    name: &'static str,
    label: &'static str,
    schema_version: &'static str,
    (has_drb, has_forced): (bool, bool),
) -> Table {
    Table { name, label, schema_version, shape: Shape::Ztf { has_drb, has_forced } }
}

const fn lsst(name: &'static str, label: &'static str, schema_version: &'static str) -> Table {
    Table { name, label, schema_version, shape: Shape::Lsst }
}

/// Every published table of alerts. Pitt-Google's tables of classifications hold neither times nor places.
/// <https://mwvgroup.github.io/pittgoogle-client/listings.html>
pub(super) const TABLES: &[Table; 8] = &[
    ztf(
        "ardent-cycling-243415.ztf.alerts_v4_02",
        "ztf.alerts_v4_02: ZTF, schema 4.02, the current one; with forced photometry",
        "4.02",
        (true, true),
    ),
    ztf(
        "ardent-cycling-243415.ztf.alerts_v3_3",
        "ztf.alerts_v3_3: ZTF, schema 3.3; no forced photometry",
        "3.3",
        (true, false),
    ),
    ztf(
        "ardent-cycling-243415.ztf.alerts_v3_1",
        "ztf.alerts_v3_1: ZTF, schema 3.1; no drb",
        "3.1",
        (false, false),
    ),
    ztf(
        "ardent-cycling-243415.ztf.alerts_v3_0",
        "ztf.alerts_v3_0: ZTF, schema 3.0; no drb",
        "3.0",
        (false, false),
    ),
    ztf(
        "ardent-cycling-243415.ztf.alerts_v1_8",
        "ztf.alerts_v1_8: ZTF, schema 1.8, the first nights; no drb",
        "1.8",
        (false, false),
    ),
    lsst(
        "pitt-alert-broker.lsst.alerts_v11_1",
        "lsst.alerts_v11_1: LSST, schema 11.1, the current one; partitioned by day of publication, small cones are cheap",
        "11.1",
    ),
    lsst(
        "pitt-alert-broker.lsst.alerts_v11_0",
        "lsst.alerts_v11_0: LSST, schema 11.0; partitioned by day, small cones are cheap",
        "11.0",
    ),
    lsst(
        "pitt-alert-broker.lsst.alerts_v10_0",
        "lsst.alerts_v10_0: LSST, schema 10.0; partitioned by day, small cones are cheap",
        "10.0",
    ),
];

/// The tables as options of the form.
pub(super) const CHOICES: &[(&str, &str)] = &choices();

/// The table that the form suggests.
pub(super) const FIRST: &str = TABLES[0].name;

impl Table {
    /// The published table with this name.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        TABLES.iter().find(|table| table.name == name)
    }
}

/// Whether a text is the full name of a table, `project.dataset.table`; the message says what is wrong. What it lets
/// pass can end no quotation in a statement. <https://cloud.google.com/bigquery/docs/tables#table_naming>
pub(super) fn check_table(text: &str) -> Result<(), String> {
    let mut parts = text.rsplitn(3, '.');
    let (table, dataset, project) = (parts.next(), parts.next(), parts.next());
    let is_word = |part: &str, more: &str| {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || more.contains(c);
        (1..=1024).contains(&part.len()) && part.chars().all(is_allowed)
    };
    match (project, dataset, table) {
        (Some(project), Some(dataset), Some(table))
            if check_project(project).is_ok() && is_word(dataset, "") && is_word(table, "-") =>
        {
            Ok(())
        }
        _ => Err("Enter the full name of a table, project.dataset.table: letters, digits, _ and -, such as my-proj.my_alerts.alerts_v4_02.".to_owned()),
    }
}

const fn choices() -> [(&'static str, &'static str); TABLES.len()] {
    let mut all = [("", ""); TABLES.len()];
    let mut i = 0;
    while i < all.len() {
        all[i] = (TABLES[i].name, TABLES[i].label);
        i += 1;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_tables_have_names_that_are_names() {
        for table in TABLES {
            assert_eq!(check_table(table.name), Ok(()));
            assert!(table.name.ends_with(&table.schema_version.replace('.', "_")), "{table:?}");
        }
        assert_eq!(CHOICES.len(), TABLES.len());
    }

    #[test]
    fn nothing_but_a_name_is_a_table() {
        for good in ["my-proj.d.t", "example.com:my-proj.alerts_1.t-2", "abc.D_1.T"] {
            assert_eq!(check_table(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "d.t",
            "p.d.t",
            "my-proj.d.t`",
            "my-proj.d.t` WHERE 1=1 --",
            "my-proj.d.t t",
            "my-proj.d-x.t",
            "my-proj..t",
            "my-proj.d.",
            "my-proj.d.t\n",
            "my-proj.d.t\\",
            "my-proj.d.t\u{e9}",
            "my-proj.d.t*",
            "my-proj.d.`t",
            "`my-proj.d.t",
            "my-proj.INFORMATION_SCHEMA.x y",
        ] {
            assert!(check_table(bad).is_err(), "{bad}");
        }
    }
}
