//! Packets like ZTF's, made by an Avro writer that is not the reader under test.

use apache_avro::{Codec, Schema, Writer};
use bytes::Bytes;
use serde_json::{Value, json};
use tom_alerts::packets::install_limits;

/// How a schema is spelled, where producers differ.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spelling {
    /// `["null", T]` or `[T, "null"]`.
    pub(crate) null_first: bool,
    /// The type of whole numbers that are not ids.
    pub(crate) int: &'static str,
    /// The type of the numbers that ZTF writes as `float`.
    pub(crate) float: &'static str,
    /// The type of the numbers that ZTF writes as `double`.
    pub(crate) double: &'static str,
    /// Whether every field is in a union with null, as Spark writes them.
    pub(crate) all_optional: bool,
}

/// ZTF's own spelling, schema 4.02.
pub(crate) const ZTF: Spelling = Spelling {
    null_first: true,
    int: "int",
    float: "float",
    double: "double",
    all_optional: false,
};

impl Spelling {
    fn optional(self, inner: &Value) -> Value {
        if self.null_first { json!(["null", inner]) } else { json!([inner, "null"]) }
    }

    fn field(self, spec: &str) -> Value {
        let (name, kind) = spec.split_once(':').unwrap();
        let (kind, optional) = (kind.trim_end_matches('?'), kind.ends_with('?'));
        let kind = json!(match kind {
            "int" => self.int,
            "float" => self.float,
            "double" => self.double,
            other => other,
        });
        let optional = optional || self.all_optional;
        json!({"name": name, "type": if optional { self.optional(&kind) } else { kind }})
    }

    fn record(self, name: &str, specs: &str) -> Value {
        let fields: Vec<Value> = specs.split_whitespace().map(|spec| self.field(spec)).collect();
        json!({"type": "record", "name": name, "fields": fields})
    }

    /// The schema of an alert.
    pub(crate) fn schema(self) -> Value {
        let candidate = self.record(
            "candidate",
            "jd:double fid:int pid:long diffmaglim:float? pdiffimfilename:string? candid:long \
             isdiffpos:string xpos:float? ypos:float? ra:double dec:double magpsf:float sigmapsf:float \
             classtar:float? rb:float? ssdistnr:float? ssnamenr:string? ranr:double decnr:double \
             sgscore1:float? distpsnr1:float? ndethist:int drb:float? drbversion:string",
        );
        let previous = self.record(
            "prv_candidate",
            "jd:double fid:int pid:long diffmaglim:float? candid:long? isdiffpos:string? xpos:float? \
             ra:double? dec:double? magpsf:float? sigmapsf:float? rb:float? ssnamenr:string?",
        );
        let forced = self.record(
            "fp_hist",
            "field:int? fid:int pid:long magzpsci:float? jd:double forcediffimflux:float? \
             forcediffimfluxunc:float? procstatus:string?",
        );
        let cutout = self.record("cutout", "fileName:string stampData:bytes");
        let list = |items: &Value| self.optional(&json!({"type": "array", "items": items}));
        json!({"type": "record", "name": "alert", "namespace": "ztf", "fields": [
            {"name": "schemavsn", "type": "string"},
            {"name": "publisher", "type": "string"},
            {"name": "objectId", "type": "string"},
            {"name": "candid", "type": "long"},
            {"name": "candidate", "type": candidate},
            {"name": "prv_candidates", "type": list(&previous)},
            {"name": "fp_hists", "type": list(&forced)},
            {"name": "cutoutScience", "type": self.optional(&cutout)},
            {"name": "cutoutTemplate", "type": self.optional(&json!("ztf.cutout"))},
            {"name": "cutoutDifference", "type": self.optional(&json!("cutout"))},
        ]})
    }
}

/// A detection with three entries of history, two forced measurements and two stamps.
pub(crate) fn alert(candid: i64) -> Value {
    let stamp = json!({"fileName": "s.fits.gz", "stampData": vec![7; 200]});
    json!({
        "schemavsn": "4.02", "publisher": "forge", "objectId": "ZTF26aaaaaaa", "candid": candid,
        "candidate": {
            "jd": 2_461_000.5, "fid": 2, "pid": 12_345_678_901_i64, "diffmaglim": 20.5,
            "pdiffimfilename": null, "candid": candid, "isdiffpos": "t", "xpos": 100.0, "ypos": null,
            "ra": 150.25, "dec": -10.5, "magpsf": 18.0, "sigmapsf": 0.25, "classtar": 0.5, "rb": 0.75,
            "ssdistnr": -999.0, "ssnamenr": "null", "ranr": 150.0, "decnr": -10.0, "sgscore1": -999.0,
            "distpsnr1": 2.5, "ndethist": 3, "drb": 1.0, "drbversion": "d6_m7"
        },
        "prv_candidates": [
            {"jd": 2_460_998.5, "fid": 1, "pid": 3, "diffmaglim": 20.0, "candid": candid - 1,
             "isdiffpos": "f", "xpos": 1.0, "ra": 150.25, "dec": -10.5, "magpsf": 19.0,
             "sigmapsf": 0.5, "rb": 0.25, "ssnamenr": "null"},
            {"jd": 2_460_997.5, "fid": 2, "pid": 2, "diffmaglim": 19.5, "candid": null,
             "isdiffpos": null, "xpos": null, "ra": null, "dec": null, "magpsf": null,
             "sigmapsf": null, "rb": null, "ssnamenr": null},
            {"jd": 2_460_996.5, "fid": 2, "pid": 1, "diffmaglim": null, "candid": null,
             "isdiffpos": null, "xpos": null, "ra": null, "dec": null, "magpsf": null,
             "sigmapsf": null, "rb": null, "ssnamenr": null}
        ],
        "fp_hists": [
            {"field": 5, "fid": 2, "pid": 9, "magzpsci": 26.0, "jd": 2_460_999.5,
             "forcediffimflux": 100.0, "forcediffimfluxunc": 8.0, "procstatus": "0"},
            {"field": 5, "fid": 2, "pid": 8, "magzpsci": 26.0, "jd": 2_460_995.5,
             "forcediffimflux": -99999.0, "forcediffimfluxunc": -99999.0, "procstatus": "61"}
        ],
        "cutoutScience": stamp, "cutoutTemplate": stamp, "cutoutDifference": null
    })
}

/// A container with these alerts, `per_block` of them in each block.
pub(crate) fn container(schema: &Value, alerts: &[Value], codec: Codec, per_block: usize) -> Bytes {
    assert!(install_limits(), "something set other limits before");
    let schema = Schema::parse(schema.clone()).unwrap();
    let mut writer = Writer::with_codec(&schema, Vec::new(), codec).unwrap();
    for (index, alert) in alerts.iter().enumerate() {
        let value =
            apache_avro::types::Value::try_from(alert.clone()).unwrap().resolve(&schema).unwrap();
        writer.append_value(value).unwrap();
        if (index + 1) % per_block == 0 {
            writer.flush().unwrap();
        }
    }
    writer.into_inner().unwrap().into()
}

/// A packet of ZTF's own spelling.
pub(crate) fn packet() -> Bytes {
    container(&ZTF.schema(), &[alert(2_982_177_112_815_010_003)], Codec::Null, 1)
}
