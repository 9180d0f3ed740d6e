//! Makes the messages and the service of `protocol/klatch.proto`, without `protoc`.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../protocol");
    let file = folder.join("klatch.proto");
    println!("cargo:rerun-if-changed={}", file.display());
    let mut compiler = protox::Compiler::new([&folder])?;
    compiler
        .include_source_info(true)
        .include_imports(true)
        .open_files([&file])?;
    let out = std::env::var("OUT_DIR")?;
    // What reflection tells clients.
    let described = Path::new(&out).join("klatch.v1.bin");
    std::fs::write(described, compiler.encode_file_descriptor_set())?;
    tonic_prost_build::configure()
        .build_transport(false)
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
