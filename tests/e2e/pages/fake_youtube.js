// A fake of YouTube's IFrame API, for tests: what the documentation says of states, methods, events and their order.
// Like the real one it is ready only after a while, answers from what it heard last, four times a second, and buffers
// before it plays. `meter.played` is what was really shown, in seconds.
(() => {
  const UNSTARTED = -1, ENDED = 0, PLAYING = 1, PAUSED = 2, BUFFERING = 3;
  const LENGTH = 60, HEARD_EVERY = 250, BUFFERS_FOR = 300;
  window.meter = { played: 0 };

  class Player {
    #state = UNSTARTED;
    #rate = 1;
    #position = 0;
    #heard = 0;
    #listeners = {};
    #last = performance.now();

    constructor(frame) {
      if (!(frame instanceof HTMLIFrameElement) || !frame.src.includes("enablejsapi=1")) throw new Error("no player");
      window.player = this;
      setTimeout(() => this.#makeReady(), HEARD_EVERY);
    }

    addEventListener(name, listener) {
      (this.#listeners[name] ??= []).push(listener);
    }

    removeEventListener(name, listener) {
      this.#listeners[name] = (this.#listeners[name] ?? []).filter((each) => each !== listener);
    }

    #tell(name, data) {
      (this.#listeners[name] ?? []).forEach((listener) => listener({ target: this, data }));
    }

    #become(state) {
      this.#run();
      this.#state = state;
      this.#tell("onStateChange", state);
    }

    #run() {
      const now = performance.now();
      const passed = (now - this.#last) / 1000;
      this.#last = now;
      if (this.#state !== PLAYING) return;
      this.#position += passed * this.#rate;
      meter.played += passed;
    }

    /** The methods are there from now on. */
    #makeReady() {
      setInterval(() => {
        this.#run();
        this.#heard = this.#position;
        if (this.#position >= LENGTH && this.#state === PLAYING) this.#become(ENDED);
      }, HEARD_EVERY);
      const play = () => {
        this.#become(BUFFERING);
        setTimeout(() => this.#become(PLAYING), BUFFERS_FOR);
      };
      Object.assign(this, {
        getPlayerState: () => this.#state,
        getCurrentTime: () => this.#heard,
        getPlaybackRate: () => this.#rate,
        playVideo: play,
        pauseVideo: () => this.#become(PAUSED),
        stall: (milliseconds) => {
          this.#become(BUFFERING);
          setTimeout(() => this.#become(PLAYING), milliseconds);
        },
        seekTo: (seconds) => {
          this.#run();
          this.#position = seconds;
          if (this.#state !== PAUSED) play();
        },
        setPlaybackRate: (rate) => {
          this.#run();
          this.#rate = rate;
          this.#tell("onPlaybackRateChange", rate);
        },
      });
      this.#tell("onReady", null);
    }
  }

  window.YT = { Player, get: () => undefined };
})();
