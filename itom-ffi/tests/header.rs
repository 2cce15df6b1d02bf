//! The header is written by hand, as a manual; this proves that it says what the library does.
//!
//! cbindgen reads the prototypes out of the Rust sources, and a C compiler reads them after
//! `itom.h`: a redeclaration that is not the same is an error there. That the header declares
//! every exported function, and no other, is compared by name. What is exported at all is locked in
//! `abi/symbols.txt`: a change there is a change of the ABI, to be made knowingly with
//! `ITOM_BLESS=1 cargo test -p itom-ffi --test header` (`make abi`).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn crate_dir() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The prototypes as the Rust sources have them.
fn prototypes() -> String {
    // The Arrow structs are C's own, with their tags.
    let mut text = generated(vec![cbindgen::ItemType::Functions]);
    for name in ["ArrowSchema", "ArrowArray", "ArrowArrayStream"] {
        text = text.replace(&format!("struct {name} "), &format!("{name} "));
        text = text.replace(&format!("{name} *"), &format!("struct {name} *"));
    }
    text
}

/// The structs whose fields C sees: name, and the lines of the fields.
fn structs() -> Vec<(String, Vec<String>)> {
    let text = generated(vec![cbindgen::ItemType::Functions, cbindgen::ItemType::Structs]);
    let blocks = text.split("typedef struct ").filter_map(|rest| {
        let (head, body) = rest.split_once('{')?;
        let name = head.trim();
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let fields = body.split_once('}').filter(|_| is_name)?.0;
        let fields = fields.lines().map(|line| line.trim().to_owned());
        Some((name.to_owned(), fields.filter(|line| !line.is_empty()).collect()))
    });
    blocks.collect()
}

fn generated(item_types: Vec<cbindgen::ItemType>) -> String {
    let mut builder = cbindgen::Builder::new().with_config(cbindgen::Config {
        language: cbindgen::Language::C,
        no_includes: true,
        usize_is_size_t: true,
        documentation: false,
        export: cbindgen::ExportConfig { item_types, ..Default::default() },
        ..Default::default()
    });
    for source in sources(&crate_dir().join("src")) {
        builder = builder.with_src(source);
    }
    let mut text = Vec::new();
    builder.generate().expect("cbindgen reads the sources").write(&mut text);
    String::from_utf8(text).unwrap()
}

/// The Rust files of a folder and the folders in it, but for those that only list modules.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && name != "lib.rs"
            && name != "mod.rs"
        {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The names of the functions that a C text declares.
fn declared(text: &str) -> BTreeSet<String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices("itom_")
        .filter(|(at, _)| !text[..*at].ends_with(is_word))
        .map(|(at, _)| &text[at..])
        .filter_map(|rest| {
            let end = rest.find(|c| !is_word(c))?;
            rest[end..].starts_with('(').then(|| rest[..end].to_owned())
        })
        .collect()
}

/// The header without its comments, which mention functions too.
fn header_code() -> String {
    let text = std::fs::read_to_string(crate_dir().join("include/itom.h")).unwrap();
    let parts = text.split("/*").enumerate();
    parts
        .map(|(index, part)| match part.split_once("*/") {
            Some((_, code)) => code,
            None if index == 0 => part,
            None => panic!("a comment that does not end"),
        })
        .collect()
}

fn compile(compiler: &str, arguments: &[&str], source: &Path) -> Result<(), String> {
    let output = Command::new(compiler)
        .args(arguments)
        .arg("-fsyntax-only")
        .arg("-I")
        .arg(crate_dir().join("include"))
        .arg(source)
        .output()
        .map_err(|error| format!("{compiler} does not run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

fn c_compiler() -> String {
    std::env::var("CC").unwrap_or_else(|_| "cc".to_owned())
}

const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Werror", "-pedantic"];

#[test]
fn prototypes_are_those_of_the_sources() {
    let source = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("prototypes.c");
    std::fs::write(&source, format!("#include <itom.h>\n{}", prototypes())).unwrap();
    compile(&c_compiler(), &["-std=c11", "-Werror"], &source).unwrap();
}

#[test]
fn every_function_is_declared_and_no_other() {
    let (in_header, in_sources) = (declared(&header_code()), declared(&prototypes()));
    let undeclared: Vec<_> = in_sources.difference(&in_header).collect();
    let missing: Vec<_> = in_header.difference(&in_sources).collect();
    assert!(undeclared.is_empty(), "not in itom.h: {undeclared:?}");
    assert!(missing.is_empty(), "in itom.h only: {missing:?}");
    assert!(in_header.contains("itom_version"), "{in_header:?}");
}

#[test]
fn the_header_compiles_alone_in_c_and_cpp() {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let text = "#include <itom.h>\n#include <itom.h>\nint main(void) { return 0; }\n";
    let c = directory.join("alone.c");
    std::fs::write(&c, text).unwrap();
    for standard in ["-std=c99", "-std=c11"] {
        compile(&c_compiler(), &[&STRICT[..], &[standard]].concat(), &c).unwrap();
    }
    let cpp = directory.join("alone.cpp");
    std::fs::write(&cpp, text).unwrap();
    let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".to_owned());
    if Command::new(&compiler).arg("--version").output().is_err() {
        println!("skipped: there is no C++ compiler {compiler}");
        return;
    }
    compile(&compiler, &[&STRICT[..], &["-std=c++17"]].concat(), &cpp).unwrap();
}

#[test]
fn the_abi_is_the_locked_one() {
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = prototypes();
    let mut lines: Vec<String> = text.split_inclusive(';').map(one_line).collect();
    lines.retain(|line| !line.is_empty());
    lines.sort_by_key(|line| declared(line).pop_first());
    let fields =
        |(name, fields): (String, Vec<String>)| format!("{name} {{ {} }}", fields.join(" "));
    lines.extend(structs().into_iter().map(fields));
    let now = lines.join("\n") + "\n";
    let file = crate_dir().join("abi/symbols.txt");
    if std::env::var_os("ITOM_BLESS").is_some() {
        std::fs::write(&file, &now).unwrap();
    }
    let locked = std::fs::read_to_string(&file).unwrap();
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (now, locked) = (lines(&now), lines(&locked));
    let added: Vec<_> = now.difference(&locked).collect();
    let removed: Vec<_> = locked.difference(&now).collect();
    assert!(
        added.is_empty() && removed.is_empty(),
        "the ABI differs from abi/symbols.txt; `make abi` locks it anew\n\
         added: {added:#?}\nremoved: {removed:#?}"
    );
}

/// A C text that compiles where the structs of the header and of the sources are laid out alike.
fn layout_assertions(structs: &[(String, Vec<String>)]) -> String {
    let mut text = "#include <itom.h>\n".to_owned();
    for (name, fields) in structs {
        text += &format!("struct rust_{name} {{ {} }};\n", fields.join(" "));
        let assertion = format!("sizeof({name}) == sizeof(struct rust_{name})");
        text += &format!("_Static_assert({assertion}, \"size of {name}\");\n");
        for field in fields {
            let field = field.trim_end_matches(';').rsplit([' ', '*']).next().unwrap();
            let of = |of: &str| format!("__typeof__((({of} *)0)->{field})");
            let same = format!(
                "offsetof({name}, {field}) == offsetof(struct rust_{name}, {field}) && \
                 __builtin_types_compatible_p({}, {})",
                of(name),
                of(&format!("struct rust_{name}"))
            );
            text += &format!("_Static_assert({same}, \"{name}.{field}\");\n");
        }
    }
    text
}

#[test]
fn structs_are_laid_out_as_the_header_says() {
    let mut structs = structs();
    let source = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("structs.c");
    std::fs::write(&source, layout_assertions(&structs)).unwrap();
    compile(&c_compiler(), &["-std=c11", "-Werror"], &source).unwrap();
    let (name, fields) = structs.first_mut().expect("there are structs");
    let name = name.clone();
    fields.swap(0, 1);
    std::fs::write(&source, layout_assertions(&structs[..1])).unwrap();
    let message = compile(&c_compiler(), &["-std=c11", "-Werror"], &source).unwrap_err();
    assert!(message.contains(&name), "a difference is found: {message}");
}

#[test]
fn a_type_that_differs_is_found() {
    let text = prototypes().replace("size_t itom_bytes_len", "int itom_bytes_len");
    let source = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("differs.c");
    std::fs::write(&source, format!("#include <itom.h>\n{text}")).unwrap();
    let message = compile(&c_compiler(), &["-std=c11", "-Werror"], &source).unwrap_err();
    assert!(message.contains("itom_bytes_len"), "{message}");
}

#[test]
fn versions_are_the_crates() {
    let header = header_code();
    let version = format!("#define ITOM_VERSION \"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(header.contains(&version), "itom.h must say {version}");
    let name = header.lines().find_map(|line| line.strip_prefix("#define ITOM_ABI_VERSION "));
    let abi = name.unwrap().trim_end_matches('u');
    let build = std::fs::read_to_string(crate_dir().join("build.rs")).unwrap();
    assert!(build.contains(&format!("libitom.so.{abi}\"")), "build.rs must name ABI {abi}");
}
