//! Every route of the service, read from where they are declared: a new one is tested like the others.

/// A path with an id in place of each parameter, and the methods that it takes.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// The path as it is declared.
    pub(crate) pattern: String,
    pub(crate) path: String,
    pub(crate) methods: Vec<&'static str>,
}

const PAGES: &str = include_str!("../../../src/web/routes.rs");
const API: &str = include_str!("../../../src/web/api/mod.rs");

/// Paths that are open to everybody.
pub(crate) const OPEN: [&str; 6] = [
    "/accounts/login/",
    "/accounts/callback/",
    "/accounts/logout/",
    "/theme/",
    "/healthz",
    "/readyz",
];

impl Route {
    pub(crate) fn is_api(&self) -> bool {
        is_api(&self.path)
    }

    pub(crate) fn is_open(&self) -> bool {
        OPEN.contains(&self.path.as_str())
            || ["/static/", "/accounts/join/"].iter().any(|folder| self.path.starts_with(folder))
    }

    /// Methods that may change something.
    pub(crate) fn unsafe_methods(&self) -> impl Iterator<Item = &'static str> {
        self.methods.iter().copied().filter(|method| *method != "GET")
    }
}

/// Whether a path is the API's; its description for people is a page.
pub(crate) fn is_api(path: &str) -> bool {
    path.starts_with("/api/") && path != "/api/docs/"
}

pub(crate) fn all() -> Vec<Route> {
    let mut routes = declared(PAGES, "");
    routes.extend(declared(API, "/api"));
    routes
}

fn declared(source: &str, prefix: &str) -> Vec<Route> {
    let declarations = source.split(".route(").skip(1);
    declarations
        .map(|text| {
            let text = &text[..end_of(text)];
            let path = match text.split_once(',').unwrap().0.trim() {
                "CALLBACK" => "/accounts/callback/",
                literal => literal.trim_matches('"'),
            };
            let methods =
                [("get(", "GET"), ("post(", "POST"), ("put(", "PUT"), ("delete(", "DELETE")];
            let is_called = |word: &str| {
                let mut places = text.match_indices(word);
                places.any(|(at, _)| text[..at].ends_with([' ', '.', '\n']))
            };
            let methods = methods.iter().filter(|(word, _)| is_called(word)).map(|(_, name)| *name);
            Route {
                pattern: format!("{prefix}{path}"),
                path: format!("{prefix}{}", filled(path)),
                methods: methods.collect(),
            }
        })
        .collect()
}

/// Where the parentheses close that a declaration began with.
fn end_of(text: &str) -> usize {
    let mut depth = 1;
    let closing = text.char_indices().find(|(_, letter)| {
        depth += match letter {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        depth == 0
    });
    closing.map_or(text.len(), |(at, _)| at)
}

fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{survey}" => "ztf",
        "{broker}" => "archive",
        "{hash}" => "0123abcd",
        "{name}" => "app.css",
        _ if part.starts_with('{') => "1",
        _ => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

#[test]
fn the_routes_are_read_as_they_are_declared() {
    let routes = all();
    assert!(routes.len() >= 75, "{}", routes.len());
    assert!(routes.iter().all(|route| !route.methods.is_empty()), "{routes:?}");
    let methods = |path: &str| {
        let found = routes.iter().find(|route| route.path == path);
        found.unwrap_or_else(|| panic!("no route {path}")).methods.clone()
    };
    assert_eq!(methods("/accounts/login/"), ["GET", "POST"]);
    assert_eq!(methods("/accounts/logout/"), ["POST"]);
    assert_eq!(methods("/alerts/archive/upload/"), ["POST"]);
    assert_eq!(methods("/api/targets/1/"), ["GET", "PUT", "DELETE"]);
    assert_eq!(methods("/team/invitations/1/delete/"), ["POST"]);
    assert_eq!(methods("/runs/1/unreadable/1/"), ["GET"]);
    assert_eq!(methods("/accounts/callback/"), ["GET"]);
    assert!(routes.iter().all(|route| route.path.starts_with('/')), "{routes:?}");
    let n_unsafe = routes.iter().flat_map(Route::unsafe_methods).count();
    assert!(n_unsafe >= 30, "{n_unsafe}");
}
