// What the provider keeps (sessions, grants, codes, tokens), in memory, and searchable.

/** Everything that a provider keeps; `adapter` is what oidc-provider wants of it. */
export class Store {
  #entries = new Map();

  /** The entries of one model that are still valid. */
  live(model) {
    const now = Date.now();
    return [...this.#entries.values()].filter((entry) => entry.model === model && entry.ends > now).map((entry) => entry.payload);
  }

  /** Drops every entry of these models that `matches`. */
  drop(models, matches) {
    for (const [key, { model, payload }] of this.#entries) {
      if (models.includes(model) && matches(payload)) this.#entries.delete(key);
    }
  }

  adapter = (model) => {
    const key = (id) => `${model}:${id}`;
    const payload = (id) => this.#entries.get(key(id))?.payload;
    const first = async (matches) => this.live(model).find(matches);
    return {
      upsert: async (id, value, seconds) => {
        const ends = seconds === undefined ? Infinity : Date.now() + seconds * 1000;
        this.#entries.set(key(id), { model, payload: value, ends });
      },
      find: async (id) => payload(id),
      findByUid: (uid) => first((entry) => entry.uid === uid),
      findByUserCode: (userCode) => first((entry) => entry.userCode === userCode),
      consume: async (id) => {
        payload(id).consumed = Math.floor(Date.now() / 1000);
      },
      destroy: async (id) => {
        this.#entries.delete(key(id));
      },
      revokeByGrantId: async (grantId) => this.drop([model], (entry) => entry.grantId === grantId),
    };
  };
}
