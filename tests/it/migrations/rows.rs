//! Rows that migrations have to bring across. Each migration after the first has an entry here (`files.rs` asks for it).

/// What one migration has to bring across.
pub(super) struct Crossing {
    /// Its number.
    pub(super) version: i64,
    /// Statements that put rows in, as the version before had them. Rows of earlier entries are there already; a table that
    /// the migration before made has none yet, and needs some.
    pub(super) before: &'static str,
    /// Statements that give one text, and what it has to be once the migration has run.
    pub(super) after: &'static [(&'static str, &'static str)],
}

/// A row or more in each table of the first release.
pub(super) const OF_FIRST_RELEASE: &str = include_str!("rows_of_0001.sql");

/// What each migration after the first has to bring across, in their order. An entry stays as it is once its migration has
/// been released. One looks like this:
///
/// ```text
/// Crossing {
///     version: 2,
///     before: "insert into target (ra, dec, healpix, note, created_by) values (1, 1, 1, 'rises', 1)",
///     after: &[("select note from target_note where target_id = 301", "rises")],
/// }
/// ```
pub(super) const CROSSINGS: &[Crossing] = &[Crossing {
    version: 2,
    before: "insert into target_name (target_id, name, name_key, is_primary, realm)
             select 2, name, key, false, realm
             from (values ('M 3-1', 'm31'), (U&'2MASS J1112\\20137653', U&'2massj1112\\20137653'), ('Ｍ 42', 'ｍ42'),
                          ('M 42', 'm42'), ('(Fuzzy) Name', 'fuzzyname')) named (name, key),
                  (select realm from target where id = 2) target",
    after: &[
        ("select name_key from target_name where name = 'M 3-1'", "m3-1"),
        ("select name_key from target_name where name like '2MASS%'", "2massj1112-7653"),
        ("select name_key from target_name where name = 'M 42'", "m42"),
        // Its key is another one's.
        ("select name_key from target_name where name = 'Ｍ 42'", "ｍ42"),
        ("select name_key from target_name where name like '(Fuzzy%'", "fuzzyname"),
    ],
},
// It makes tables, which take rows.
Crossing {
    version: 3,
    before: "",
    after: &[
        (
            "insert into kept_answer (member_id, status, html, role, group_ids)
             values (1, 422, 'a page', 'member', '{1,2}') returning status::text",
            "422",
        ),
        (
            "insert into save_report (run_id, member_id, on_existing, outcomes, left_selected)
             select min(id), 1, 'update', '[]', 0 from run
             returning outcomes::text",
            "[]",
        ),
    ],
},
// Rows of before have none of what is kept besides; new ones take it.
Crossing {
    version: 4,
    before: "insert into alert (survey, source_id, object_id, object_key, jd, ra, dec, healpix)
             values ('ztf', 4004, 'ZTF20before4', 'ztf20before4', 2459000.5, 1, 1, 1)",
    after: &[
        (
            "select coalesce(flux::text, snr::text, gal_b::text, designation, flux_unit, 'nothing') from alert
             where source_id = 4004",
            "nothing",
        ),
        (
            "update alert set flux = -1, flux_unit = 'zp 27.5', detections = '{\"g\": 1}' where source_id = 4004
             returning flux_unit",
            "zp 27.5",
        ),
        (
            "insert into classification (alert_id, classifier, version, class, probability)
             select id, 'SuperNNova', '', 'Ia', 1 from alert where source_id = 4004 returning class",
            "Ia",
        ),
        ("insert into alert_tag (alert_id, tag) select id, 'is_pure' from alert where source_id = 4004 returning tag", "is_pure"),
        ("select count(*)::text from unreadable where tried is not null", "0"),
        (
            "insert into alert_packet (alert_id, format, schema_version, bytes)
             select id, 'avro-schemaless', '', '' from alert where source_id = 4004 returning format",
            "avro-schemaless",
        ),
    ],
}];
