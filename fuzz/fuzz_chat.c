/* SPDX-License-Identifier: MIT */
/* The terminator machine of plug_chat: any cuts give the same, and a naive one gives the same. */
#include "fuzz.h"
#include "../src/loop/chat.h"

#define RULES 8

struct talk {
    uint8_t rules[RULES]; /* what ends the first message, the second, ... */
    size_t found;
    uint64_t hash;
};

static const char *const words[] = {"\n", "\r\n", "aab", "abab"};

static void fold(struct talk *t, unsigned what)
{
    t->hash = (t->hash ^ what) * 1099511628211u;
}

/* The bytes that end message number found, or NULL: *ret_len tells how many, 0 for no end. */
static const char *rule(const struct talk *t, size_t *ret_len)
{
    uint8_t r = t->rules[t->found % RULES];

    *ret_len = r % 8 == 0 ? 0 : 1 + r / 8u;
    return r % 8 < 4 ? NULL : words[r % 4];
}

static int set(struct plug_chat *c)
{
    size_t len;
    const char *word = rule(plug_chat_arg(c), &len);

    if (word)
        return plug_chat_set_terminator(c, word, strlen(word));
    plug_chat_set_length(c, len);
    return 0;
}

static int collect(struct plug_chat *c, const void *bytes, size_t len)
{
    FUZZ_CHECK(len > 0);
    for (size_t i = 0; i < len; i++)
        fold(plug_chat_arg(c), ((const uint8_t *)bytes)[i]);
    return 0;
}

static int found(struct plug_chat *c)
{
    struct talk *t = plug_chat_arg(c);

    fold(t, 256);
    t->found++;
    return set(c);
}

static struct talk feed(struct talk t, const uint8_t *data, size_t size, size_t step)
{
    static const struct plug_chat_ops ops = {
        .size = sizeof ops, .collect = collect, .found = found};
    struct plug_dispatcher_map *m;
    struct plug_chat *c;

    FUZZ_CHECK(plug_dispatcher_map_open(&m, PLUG_BACKEND_POLL) == 0);
    FUZZ_CHECK(plug_chat_open(&c, m, &ops, &t, NULL) == 0 && set(c) == 0);
    for (size_t at = 0; at < size; at += step)
        FUZZ_CHECK(plug__chat_feed(c, data + at, size - at < step ? size - at : step) == 0);
    plug_dispatcher_map_close(m);
    return t;
}

/* From the manual: where the message at data ends; size + 1: not yet. */
static size_t naive_end(const uint8_t *data, size_t size, const char *word, size_t len)
{
    if (!word)
        return len && len <= size ? len : size + 1;
    for (size_t i = 0; i + strlen(word) <= size; i++)
        if (memcmp(data + i, word, strlen(word)) == 0)
            return i;
    return size + 1;
}

/* How much at the end may be the beginning of word. */
static size_t naive_held(const uint8_t *data, size_t size, const char *word)
{
    for (size_t n = word ? strlen(word) - 1 : 0; n > 0; n--)
        if (n <= size && memcmp(data + size - n, word, n) == 0)
            return n;
    return 0;
}

static struct talk naive(struct talk t, const uint8_t *data, size_t size)
{
    for (;;) {
        size_t len, end;
        const char *word = rule(&t, &len);

        end = naive_end(data, size, word, len);
        for (size_t i = 0; i < end && i < size - (end > size ? naive_held(data, size, word) : 0);
             i++)
            fold(&t, data[i]);
        if (end > size)
            return t;
        end += word ? strlen(word) : 0;
        fold(&t, 256);
        t.found++;
        data += end;
        size -= end;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct talk t = {.hash = 14695981039346656037u};
    uint8_t step = fuzz_choice(&data, &size);

    for (size_t i = 0; i < RULES; i++)
        t.rules[i] = fuzz_choice(&data, &size);
    if (size > 16384) /* what one look takes */
        size = 16384;
    struct talk want = naive(t, data, size);
    size_t steps[] = {size, 1, 1u + step};
    for (size_t i = 0; size && i < 3; i++) {
        struct talk got = feed(t, data, size, steps[i]);
        FUZZ_CHECK(got.found == want.found && got.hash == want.hash);
    }
    return 0;
}
