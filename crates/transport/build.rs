//! Makes the messages and the service of `protocol/klatch.proto`, without `protoc`, and the table of the web app's files.

use std::fmt::Write;
use std::path::{Path, PathBuf};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    protocol(&root.join("protocol"), &out)?;
    web(&root.join("web/dist"), &out.join("web.rs"))
}

fn protocol(folder: &Path, out: &Path) -> Outcome {
    let file = folder.join("klatch.proto");
    println!("cargo:rerun-if-changed={}", file.display());
    let mut compiler = protox::Compiler::new([folder])?;
    compiler
        .include_source_info(true)
        .include_imports(true)
        .open_files([&file])?;
    // What reflection tells clients.
    std::fs::write(out.join("klatch.v1.bin"), compiler.encode_file_descriptor_set())?;
    tonic_prost_build::configure()
        .build_transport(false)
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}

/// Lists what `npm run build -w web` made, each file with its compressed twins, in the order of their paths. Nothing is
/// built here: without the folder the list is empty, and the server says what is missing.
fn web(dist: &Path, table: &Path) -> Outcome {
    // An empty folder, so that cargo notices when it is filled.
    std::fs::create_dir_all(dist)?;
    println!("cargo:rerun-if-changed={}", dist.display());
    let mut files = Vec::new();
    collect(dist, &mut files)?;
    // As texts: the server looks paths up by halving, and the parts of a path are in another order.
    files.sort_by_key(|file| file.to_string_lossy().replace('\\', "/"));
    let mut text = String::from("static BUILT: &[Built] = &[\n");
    for file in files.iter().filter(|file| !is_compressed(file)) {
        let twin = |end: &str| {
            let twin = PathBuf::from(format!("{}.{end}", file.display()));
            match files.contains(&twin) {
                true => format!("Some(include_bytes!({twin:?}))"),
                false => "None".to_owned(),
            }
        };
        let path = file.strip_prefix(dist)?.to_string_lossy().replace('\\', "/");
        writeln!(
            text,
            "    Built {{ path: {path:?}, plain: include_bytes!({file:?}), gzip: {}, brotli: {} }},",
            twin("gz"),
            twin("br"),
        )?;
    }
    text.push_str("];\n");
    std::fs::write(table, text)?;
    Ok(())
}

fn is_compressed(file: &Path) -> bool {
    file.extension().is_some_and(|end| end == "gz" || end == "br")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Outcome {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
