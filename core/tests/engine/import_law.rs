//! Inside core, a module imports only modules above it in lib.rs.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            sources(&entry.unwrap().path(), found);
        }
    } else if path.extension().is_some_and(|e| e == "rs") {
        found.push(path.to_owned());
    }
}

/// The modules in the order of their declarations.
fn modules(lib: &str) -> Vec<String> {
    let declared = |line: &str| {
        let line = line.strip_prefix("pub ").unwrap_or(line);
        line.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';')).map(str::to_owned)
    };
    lib.lines().filter_map(|line| declared(line.trim())).collect()
}

/// What the crate root re-exports, with the module that it comes from.
fn exports(lib: &str) -> Vec<(String, String)> {
    let mut exports = Vec::new();
    for line in lib.lines().filter_map(|line| line.trim().strip_prefix("pub use ")) {
        let (module, names) = line.trim_end_matches(';').split_once("::").unwrap();
        for name in names.trim_matches(['{', '}']).split(',') {
            exports.push((name.trim().to_owned(), module.to_owned()));
        }
    }
    exports
}

/// The paths behind every `crate::` of a source, groups taken apart.
fn imports(source: &str) -> Vec<String> {
    let code: Vec<&str> = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let mut found = Vec::new();
    for part in code.join("\n").split("crate::").skip(1) {
        if let Some(group) = part.strip_prefix('{') {
            let group = group.split('}').next().unwrap();
            found.extend(group.split(',').map(|name| name.trim().split("::").next().unwrap().to_owned()));
        } else {
            found.push(part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

#[test]
fn modules_import_only_modules_above_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let lib = fs::read_to_string(root.join("lib.rs")).unwrap();
    let (order, exports) = (modules(&lib), exports(&lib));
    assert!(order.len() > 10, "lib.rs was not understood: {order:?}");
    let place = |module: &str| order.iter().position(|m| m == module);
    let mut checked = 0;
    for (own, module) in order.iter().enumerate() {
        let mut files = Vec::new();
        sources(&root.join(module), &mut files);
        let file = root.join(format!("{module}.rs"));
        if file.is_file() {
            files.push(file);
        }
        assert!(!files.is_empty(), "{module} has no source");
        for file in files {
            for import in imports(&fs::read_to_string(&file).unwrap()) {
                let origin =
                    exports.iter().find(|(name, _)| *name == import).map(|(_, module)| module.as_str());
                if let Some(other) = place(origin.unwrap_or(&import)) {
                    checked += 1;
                    assert!(
                        other <= own,
                        "{} imports `{import}`, which stands below {module}",
                        file.display()
                    );
                }
            }
        }
    }
    assert!(checked > 30, "only {checked} imports were seen");
}

#[test]
fn the_reader_of_imports_sees_them() {
    let source = "use crate::a::B;\nuse crate::{C, d::E};\nlet x = crate::f();\n/// [`crate::g`]";
    assert_eq!(imports(source), ["a", "C", "d", "f"]);
    assert_eq!(modules("mod a;\n#[cfg(x)]\npub mod b;"), ["a", "b"]);
    assert_eq!(exports("pub use a::{B, C};"), [("B".into(), "a".into()), ("C".into(), "a".into())]);
}
