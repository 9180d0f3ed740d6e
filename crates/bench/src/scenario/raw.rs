//! The ceiling: a plain loop that writes frames to sockets, without a server, storage or protocol. Writer and readers
//! have the cores that server and generator have elsewhere.

use crate::machine::Cores;
use crate::measure::middle;
use crate::options::Options;
use crate::report::{Report, note};
use anyhow::anyhow;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// Bytes of a delivery if `fanout` was not measured in this run.
const EVENT_BYTES: f64 = 270.0;
/// Frames in a write of the second measurement.
const FRAMES: usize = 8;
/// Pause of the readers between two looks: short enough that no socket's buffer fills.
const READ_PAUSE: Duration = Duration::from_micros(300);

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

/// Reads all sockets until their other ends close; how many bytes came. It looks at them in turns and sleeps in
/// between: nobody waits on a socket, so that a write does not pay for waking a reader on another core.
fn read_to_end(mut sockets: Vec<TcpStream>) -> anyhow::Result<u64> {
    let (mut buffer, mut bytes) = (vec![0; 256 * 1024], 0);
    while !sockets.is_empty() {
        let mut failed = None;
        sockets.retain_mut(|socket| match socket.read(&mut buffer) {
            Ok(0) => false,
            Ok(read) => {
                bytes += read as u64;
                true
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => true,
            Err(error) => {
                failed = Some(error);
                false
            }
        });
        if let Some(error) = failed {
            return Err(error.into());
        }
        std::thread::sleep(READ_PAUSE);
    }
    Ok(bytes)
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
