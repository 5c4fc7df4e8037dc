//! A look at a query: its statement, its parameters, the same as programs, and what it would cost.

use super::{
    consumer::{Consumer, check_limit},
    programs::{as_curl, as_python},
};
use crate::brokers::Check;

pub(super) async fn check(mut consumer: Consumer) -> Check {
    let estimate = consumer.estimate().await;
    let statement = consumer.statement();
    let project = &consumer.job().project;
    // Programs have a cap also where nobody knows what they would read.
    let cap = estimate.as_ref().map_or_else(|_| consumer.limit(), |estimated| estimated.cap);
    let mut remarks = consumer.query().remarks();
    if let Ok(estimated) = &estimate
        && let Err(error) = check_limit(estimated)
    {
        let text = error.to_string();
        remarks.insert(0, text.replacen("It was not run", "It cannot be run", 1));
    }
    Check {
        statement: statement.text.clone(),
        parameters: statement
            .parameters
            .iter()
            .map(|parameter| {
                let (of, is_array) = parameter.value.type_name();
                let kind = if is_array { format!("ARRAY<{of}>") } else { of.to_owned() };
                (parameter.name.to_owned(), kind, shown(&parameter.value.texts()))
            })
            .collect(),
        remarks,
        python: as_python(statement, project, cap),
        curl: as_curl(statement, project, cap),
        billed_by: "BigQuery",
        project: project.clone(),
        left: None,
        estimate: estimate.map_err(|error| error.to_string()),
    }
}

/// Most values of an array that are shown.
const MOST_SHOWN: usize = 12;

fn shown(texts: &[String]) -> String {
    match texts.len() {
        0 => "none".to_owned(),
        n if n > MOST_SHOWN => {
            let first: Vec<&str> = texts.iter().take(MOST_SHOWN).map(String::as_str).collect();
            format!("{}, … ({n} in all)", first.join(", "))
        }
        _ => texts.join(", "),
    }
}
