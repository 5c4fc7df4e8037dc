//! A form and its state as pages draw them: the same for every broker and for targets.

use super::field::{Choice, FieldKind, FieldView, FormView, SectionView, SignView};
use crate::forms::{Choices, FORM_ERRORS, Field, FormSpec, FormState, Kind};

/// What drawing needs to know besides form and state.
pub(crate) struct Drawing<'a> {
    pub(crate) choices: &'a Choices,
    /// Where a field with a meaning can ask how it is read, up to `field=`.
    pub(crate) echo_url: Option<String>,
}

/// A form in sections, in the order in which its fields name them.
pub(crate) fn form_view(form: &FormSpec, state: &FormState, drawing: &Drawing<'_>) -> FormView {
    let mut sections: Vec<SectionView> = Vec::new();
    for field in form.fields().filter(|field| field.only_with.is_none()) {
        let mut view = field_view(field, state, drawing);
        if let Some(sign) = form.sign_of(field.name) {
            view.errors.extend_from_slice(state.errors(sign.name));
            view.sign = sign_view(sign, state);
        }
        match sections.iter_mut().find(|section| section.title == field.section) {
            Some(section) => section.fields.push(view),
            None => {
                sections.push(SectionView { title: field.section.to_owned(), fields: vec![view] });
            }
        }
    }
    FormView { sections, errors: state.errors(FORM_ERRORS).to_vec() }
}

/// One field with what was typed into it.
pub(crate) fn field_view(field: &Field, state: &FormState, drawing: &Drawing<'_>) -> FieldView {
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    FieldView {
        name: field.name.to_owned(),
        id: format!("id_{}", field.name),
        label: field.label.to_owned(),
        kind: field_kind(field, drawing.choices),
        sign: None,
        values: state.values(field.name).to_vec(),
        help: text(field.help),
        unit: text(field.unit),
        placeholder: text(field.placeholder),
        suggestions: field.suggestions.iter().map(|&text| text.to_owned()).collect(),
        required: field.required,
        errors: state.errors(field.name).to_vec(),
        echo: state.echo(field.name).map(str::to_owned),
        echo_url: drawing
            .echo_url
            .as_ref()
            .filter(|_| field.has_echo())
            .map(|url| format!("{url}field={}", field.name)),
    }
}

fn sign_view(field: &Field, state: &FormState) -> Option<SignView> {
    let Kind::Choice(signs) = field.kind else { return None };
    Some(SignView {
        name: field.name.to_owned(),
        id: format!("id_{}", field.name),
        label: field.label.to_owned(),
        choices: signs.iter().map(|(value, label)| choice(value, label)).collect(),
        value: state.values(field.name).first().cloned().unwrap_or_default(),
    })
}

fn field_kind(field: &Field, choices: &Choices) -> FieldKind {
    let options = |options: &[(&str, &str)]| {
        options.iter().map(|(value, label)| choice(value, label)).collect::<Vec<_>>()
    };
    match field.kind {
        Kind::Text { .. } | Kind::Parsed(_) | Kind::Checked { .. } => FieldKind::Text,
        Kind::LongText { .. } => FieldKind::LongText { rows: 3 },
        Kind::Integer { min, max } => {
            FieldKind::Integer { min: Some(min.to_string()), max: Some(max.to_string()) }
        }
        Kind::Number { min, max } => {
            FieldKind::Number { min: Some(min.to_string()), max: Some(max.to_string()) }
        }
        Kind::Choice(all) => FieldKind::Radio(options(all)),
        Kind::Flags(all) => FieldKind::Flags(options(all)),
        Kind::Checkbox => FieldKind::Checkbox,
        Kind::DynamicChoice => FieldKind::Select(
            choices
                .options(field.name)
                .iter()
                .map(|option| choice(&option.value, &option.label))
                .collect(),
        ),
    }
}

fn choice(value: &str, label: &str) -> Choice {
    Choice { value: value.to_owned(), label: label.to_owned(), help: None }
}
