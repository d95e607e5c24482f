// The trained network, run by ONNX Runtime Web from files beside this one.

import * as ort from "./model/ort.js";
import { planes } from "./pictures.js";

const beside = (name) => new URL(`model/${name}`, import.meta.url).href;
const BATCH = 6;

export const image = async (name) => {
  const answer = await fetched(name);
  return createImageBitmap(await answer.blob());
};
export const json = async (name) => (await fetched(name)).json();

async function fetched(name) {
  const answer = await fetch(beside(name));
  if (!answer.ok) throw new Error(`${name} could not be loaded (${answer.status}).`);
  return answer;
}

// Loads the network; gives a function from RGBA pictures to [{global, local}].
export async function load() {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = { mjs: beside("ort-wasm.js"), wasm: beside("ort-wasm.wasm") };
  const weights = await (await fetched("aligned.onnx")).arrayBuffer();
  const session = await ort.InferenceSession.create(new Uint8Array(weights));
  let last = Promise.resolve(); // one run at a time
  return (pictures) => {
    last = last.catch(() => {}).then(() => embed(session, pictures));
    return last;
  };
}

async function embed(session, pictures) {
  const found = [];
  for (let k = 0; k < pictures.length; k += BATCH) {
    const some = pictures.slice(k, k + BATCH);
    const { width, height } = some[0];
    const input = new Uint8Array(some.length * 3 * width * height);
    some.forEach((one, n) => input.set(planes(one), n * 3 * width * height));
    const shape = [some.length, 3, height, width];
    const feeds = { pictures: new ort.Tensor("uint8", input, shape) };
    const out = await session.run(feeds);
    some.forEach((_, n) => found.push({
      global: row(out.global, n),
      local: row(out.local, n),
    }));
  }
  return found;
}

function row({ data, dims }, n) {
  const size = data.length / dims[0];
  return data.slice(n * size, (n + 1) * size);
}
