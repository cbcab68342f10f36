// The pictures of the MJPEG stream, each with its number, so that it meets its own boxes.

const END = [13, 10, 13, 10];

/** Each part as {seq, jpeg}. Ends when the stream ends. */
export async function* parts(body) {
  const reader = body.getReader();
  let bytes = new Uint8Array(0);
  try {
    for (;;) {
      const part = next(bytes);
      if (part) {
        bytes = bytes.subarray(part.end);
        yield part;
        continue;
      }
      const { done, value } = await reader.read();
      if (done) return;
      bytes = joined(bytes, value);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function next(bytes) {
  const start = endOfHeaders(bytes);
  if (start < 0) return null;
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, start));
  const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? NaN);
  if (Number.isNaN(length)) throw new Error("a part of the stream does not say its length");
  if (bytes.length < start + length) return null;
  const seq = Number(/^x-seq: *(\d+)/im.exec(head)?.[1] ?? NaN);
  const jpeg = new Blob([bytes.slice(start, start + length)], { type: "image/jpeg" });
  return { seq, jpeg, end: start + length };
}

function endOfHeaders(bytes) {
  for (let at = 0; at + 4 <= bytes.length; at += 1) {
    if (END.every((byte, place) => bytes[at + place] === byte)) return at + 4;
  }
  return -1;
}

function joined(first, second) {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
