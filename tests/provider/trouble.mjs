// Trouble at the token endpoint, as a test orders it: slow answers, and refusals that pass.
import { setTimeout as sleep } from 'node:timers/promises';

export class Trouble {
  #order = null;

  /** `status` instead of an answer, or an answer after `delayMs`, for the next `times` token requests. */
  order({ status = null, delayMs = 0, times = Infinity }) {
    this.#order = { status, delayMs, times };
  }

  end() {
    this.#order = null;
  }

  /** A Koa middleware. */
  make = async (ctx, next) => {
    const order = this.#order;
    if (ctx.path !== '/token' || !order || order.times <= 0) return next();
    order.times -= 1;
    if (order.delayMs > 0) await sleep(order.delayMs);
    if (order.status === null) return next();
    ctx.status = order.status;
    ctx.body = { error: 'temporarily_unavailable', error_description: 'Try again later.' };
  };
}
