//! The ceiling: a plain loop that writes frames to sockets, without a server, storage or protocol. Writer and readers
//! have the cores that server and generator have elsewhere.

use crate::machine::Cores;
use crate::measure::middle;
use crate::options::Options;
use crate::report::{Report, note};
use anyhow::anyhow;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt;
use tokio::task::JoinSet;

/// Bytes of a delivery if `fanout` was not measured in this run.
const EVENT_BYTES: f64 = 270.0;
/// Frames in a write of the second measurement.
const FRAMES: usize = 8;

pub(crate) fn run(options: &Options, cores: &Cores, report: &mut Report) -> anyhow::Result<()> {
    let bytes = report.event_bytes.unwrap_or(EVENT_BYTES).round().max(1.0) as usize;
    let sockets = options.members as usize;
    note(&format!("raw: writes of {bytes} bytes to {sockets} sockets"))?;
    if !cores.apart() {
        note("  there is one core only: writer and readers share it")?;
    }
    let mut figures = [Vec::new(), Vec::new()];
    for _ in 0..options.runs {
        for (frames, figures) in [1, FRAMES].into_iter().zip(&mut figures) {
            let rate = ceiling(sockets, bytes, frames, options.measured(), cores)?;
            note(&format!("  {frames} per write: {rate:.0} deliveries/s"))?;
            figures.push(rate);
        }
    }
    let [single, of_eight] = figures.map(middle);
    report.raw(single, of_eight);
    Ok(())
}

/// Deliveries per second that arrive.
fn ceiling(
    sockets: usize,
    bytes: usize,
    frames: usize,
    length: Duration,
    cores: &Cores,
) -> anyhow::Result<f64> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let (mut writers, mut readers) = (Vec::new(), Vec::new());
    for _ in 0..sockets {
        let reader = TcpStream::connect(address)?;
        reader.set_nonblocking(true)?;
        readers.push(reader);
        let (writer, _) = listener.accept()?;
        writer.set_nodelay(true)?;
        writers.push(writer);
    }
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| -> anyhow::Result<f64> {
            cores.to_server()?;
            write_round_and_round(writers, &vec![b'x'; bytes * frames], length)
        });
        let arrived = read_to_end(readers)?;
        let seconds = writing.join().map_err(|_| anyhow!("the writer failed"))??;
        Ok(arrived as f64 / bytes as f64 / seconds)
    })
}

/// Writes to one socket after the other until the time is over; how long it took.
fn write_round_and_round(mut sockets: Vec<TcpStream>, bytes: &[u8], length: Duration) -> anyhow::Result<f64> {
    let began = Instant::now();
    while began.elapsed() < length {
        for socket in &mut sockets {
            socket.write_all(bytes)?;
        }
    }
    Ok(began.elapsed().as_secs_f64())
}

/// Reads all sockets until their other ends close; how many bytes came.
fn read_to_end(sockets: Vec<TcpStream>) -> anyhow::Result<u64> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for socket in sockets {
            let mut socket = tokio::net::TcpStream::from_std(socket)?;
            tasks.spawn(async move {
                let (mut buffer, mut bytes) = (vec![0; 32 * 1024], 0);
                loop {
                    match socket.read(&mut buffer).await? {
                        0 => return anyhow::Ok(bytes),
                        read => bytes += read as u64,
                    }
                }
            });
        }
        let mut bytes = 0;
        while let Some(read) = tasks.join_next().await {
            bytes += read??;
        }
        Ok(bytes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_written_is_counted() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let reader = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        reader.set_nonblocking(true).unwrap();
        let (mut writer, _) = listener.accept().unwrap();
        writer.write_all(&[1; 1000]).unwrap();
        drop(writer);
        assert_eq!(read_to_end(vec![reader]).unwrap(), 1000);
    }
}
