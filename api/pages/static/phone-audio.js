// Runs beside the page: microphone to 8 kHz frames of 20 ms, frames of 8 kHz to the loudspeaker. 16 bit, one channel.

"use strict";

const RATE = 8000;
const FRAME = 160; // samples of 20 ms
const START = 480; // 60 ms lie ready before a gap in the line is worth playing over
const MOST = RATE * 2; // more than this is nobody's speech any more

// Takes what was low-pass filtered before, reads it at 8 kHz, and sends whole frames.
class Microphone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.step = sampleRate / RATE;
    this.at = 0; // place of the next sample, counted from the start of this block
    this.last = 0; // last sample of the block before
    this.frame = new Int16Array(FRAME);
    this.filled = 0;
    this.power = 0;
  }

  process(inputs) {
    const input = inputs[0][0];
    if (!input) return true;
    while (this.at < input.length) {
      const place = Math.floor(this.at);
      const part = this.at - place;
      const before = place > 0 ? input[place - 1] : this.last;
      const sample = Math.max(-1, Math.min(1, before + (input[place] - before) * part));
      this.power += sample * sample;
      this.frame[this.filled++] = Math.round(sample * 32767);
      if (this.filled === FRAME) this.send();
      this.at += this.step;
    }
    this.at -= input.length;
    this.last = input[input.length - 1];
    return true;
  }

  send() {
    const level = Math.sqrt(this.power / FRAME);
    this.port.postMessage({ frame: this.frame.buffer, level }, [this.frame.buffer]);
    this.frame = new Int16Array(FRAME);
    this.filled = 0;
    this.power = 0;
  }
}

// A small buffer against uneven arrival: fills to 60 ms, plays, and fills again after it ran dry.
class Loudspeaker extends AudioWorkletProcessor {
  constructor() {
    super();
    this.step = RATE / sampleRate;
    this.queue = [];
    this.waiting = 0; // samples in the queue
    this.head = 0; // samples read of the first piece
    this.part = 0;
    this.before = 0;
    this.after = 0;
    this.playing = false;
    this.port.onmessage = ({ data }) => (data === "flush" ? this.flush() : this.take(new Int16Array(data)));
  }

  take(samples) {
    if (!samples.length || this.waiting > MOST) return;
    this.queue.push(samples);
    this.waiting += samples.length;
  }

  flush() {
    this.queue = [];
    this.waiting = this.head = 0;
    this.playing = false;
  }

  next() {
    if (!this.waiting) {
      this.playing = false;
      return 0;
    }
    const sample = this.queue[0][this.head++] / 32768;
    this.waiting--;
    if (this.head === this.queue[0].length) {
      this.queue.shift();
      this.head = 0;
    }
    return sample;
  }

  process(_inputs, outputs) {
    const output = outputs[0][0];
    if (!this.playing && this.waiting >= START) this.playing = true;
    for (let at = 0; at < output.length; at++) {
      this.part += this.step;
      while (this.part >= 1) {
        this.part -= 1;
        this.before = this.after;
        this.after = this.playing ? this.next() : 0;
      }
      output[at] = this.before + (this.after - this.before) * this.part;
    }
    return true;
  }
}

registerProcessor("microphone", Microphone);
registerProcessor("loudspeaker", Loudspeaker);
