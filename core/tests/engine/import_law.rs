//! Inside core, a module imports only modules above it in lib.rs; inside of any folder, modules do not import
//! each other in a circle.

use std::collections::{BTreeMap, BTreeSet};
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

/// Returns the names that the crate root re-exports, each with the module that it comes from.
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

/// Which modules of a folder each of them imports, by its own path (`super::`, as often as a file is deep) or
/// by the folder's.
fn siblings(folder: &Path, path: &str) -> BTreeMap<String, BTreeSet<String>> {
    let file = ["mod.rs", "lib.rs"].map(|name| folder.join(name)).into_iter().find(|file| file.is_file());
    let Some(text) = file.map(|file| fs::read_to_string(file).unwrap()) else { return BTreeMap::new() };
    let (modules, exports) = (modules(&text), reexports(&text));
    let mut found = BTreeMap::new();
    for module in modules.iter().filter(|module| *module != "tests") {
        let mut files = Vec::new();
        sources(&folder.join(module), &mut files);
        files.extend(Some(folder.join(format!("{module}.rs"))).filter(|file| file.is_file()));
        let imported: &mut BTreeSet<String> = found.entry(module.clone()).or_default();
        for file in files.iter().filter(|file| !file.ends_with("tests.rs")) {
            let source = fs::read_to_string(file).unwrap();
            let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
            let depth = file.strip_prefix(folder).unwrap().components().count();
            let supers = "super::".repeat(if file.ends_with("mod.rs") { depth - 1 } else { depth });
            for prefix in [supers, format!("crate::{path}")] {
                for name in named(source, &prefix) {
                    let name = if modules.contains(&name) { Some(name) } else { exports.get(&name).cloned() };
                    let Some(name) = name else { continue };
                    if name != *module && modules.contains(&name) {
                        imported.insert(name);
                    }
                }
            }
        }
    }
    found
}

/// Returns the names that a module re-exports from those below it, each with the module that it comes from.
fn reexports(source: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for part in source.split("use ").skip(1) {
        let part = part.strip_prefix("self::").unwrap_or(part);
        assert!(!part.starts_with('{'), "not understood, one `use` for each module: {source}");
        let Some((module, names)) = part.split(';').next().unwrap().split_once("::") else { continue };
        for name in names.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|name| !name.is_empty()) {
            found.insert(name.to_owned(), module.to_owned());
        }
    }
    found
}

/// The first names behind a path, groups taken apart.
fn named(source: &str, prefix: &str) -> Vec<String> {
    let code: Vec<&str> = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == ':' || c == '_') {
            continue;
        }
        let rest = &code[at + prefix.len()..];
        let mut depth = 0;
        let mut name = String::new();
        for c in rest.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ if c.is_alphanumeric() || c == '_' => {
                    name.push(c);
                    continue;
                }
                // Behind the first name of a path are others, which do not matter.
                ':' if !name.is_empty() => {}
                ',' | ' ' | '\n' if depth > 0 => {}
                _ if !name.is_empty() || depth > 0 => {}
                _ => break,
            }
            if !name.is_empty() {
                found.push(std::mem::take(&mut name));
            }
            if depth <= 0 {
                break;
            }
        }
    }
    found
}

fn folders(path: &Path, found: &mut Vec<PathBuf>) {
    found.push(path.to_owned());
    for entry in fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            folders(&entry, found);
        }
    }
}

#[test]
fn modules_of_a_folder_do_not_import_each_other_in_circles() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut imports = 0;
    for package in ["models", "core", "server", "cli", "bindings-python", "bindings-node"] {
        let root = home.join(package).join("src");
        let mut all = Vec::new();
        folders(&root, &mut all);
        for folder in all {
            let path: String = folder
                .strip_prefix(&root)
                .unwrap()
                .components()
                .map(|part| format!("{}::", part.as_os_str().to_string_lossy()))
                .collect();
            let mut left = siblings(&folder, &path);
            imports += left.values().map(BTreeSet::len).sum::<usize>();
            // A module that imports none of those that are left is in no circle.
            while let Some(free) = left.iter().find(|(_, of)| of.is_empty()).map(|(name, _)| name.clone()) {
                left.remove(&free);
                for of in left.values_mut() {
                    of.remove(&free);
                }
            }
            assert!(
                left.is_empty(),
                "{package}: {}: in a circle, or importing one: {left:?}",
                folder.display()
            );
        }
    }
    assert!(imports > 100, "only {imports} imports were seen");
}

#[test]
fn the_reader_of_imports_sees_them() {
    let source = "use crate::a::B;\nuse crate::{C, d::E};\nlet x = crate::f();\n/// [`crate::g`]";
    assert_eq!(imports(source), ["a", "C", "d", "f"]);
    assert_eq!(modules("mod a;\n#[cfg(x)]\npub mod b;"), ["a", "b"]);
    assert_eq!(exports("pub use a::{B, C};"), [("B".into(), "a".into()), ("C".into(), "a".into())]);
    let source = "use super::a::B;\nuse super::{c::{D, E}, F};\nuse super::super::g;\n// super::h";
    assert_eq!(named(source, "super::")[..2], ["a".to_owned(), "c".to_owned()]);
    assert!(named(source, "super::").contains(&"F".to_owned()));
    assert!(!named(source, "super::").contains(&"h".to_owned()));
    assert_eq!(named(source, "super::super::"), ["g"]);
    assert_eq!(reexports("pub use self::a::{B, C};")["C"], "a");
}
