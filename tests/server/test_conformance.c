/* SPDX-License-Identifier: MIT */
/*
 * One handler, four models, four back-ends: the same transcript. Random conversations, told from a
 * seed, are held with a server under each of the sixteen; what a client reads must be what the
 * language says, byte for byte, and the server's counters must say what happened.
 *
 * The handler's language, a command a line:
 *   echo TEXT, upper TEXT   the same, in capitals
 *   bulk N SEED             N bytes of a sequence
 *   sink N                  takes N bytes, answers their sum
 *   nap MS                  sleeps, answers "rested"
 *   later TEXT              says TEXT at the handler's end, last one first
 *   setup                   what the setup hook has left
 *   rest                    takes all until the end, answers count and sum, ends
 *   end, fail, abort        ends: in order, with an error, with a reset
 */
#include "served.h"
#include "t.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE     256
#define PIECE    4096
#define TALK_MAX (512 * 1024)
#define CLIENTS  6
#define PATIENCE PLUG_S(15)

/* --- the sequence and its sum ------------------------------------------------------------- */

static uint32_t next_of(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 24;
}

static void fill(void *to, size_t n, uint32_t *state)
{
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)to)[i] = (uint8_t)next_of(state);
}

static uint32_t sum_of(uint32_t sum, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum = sum * 31 + ((const uint8_t *)bytes)[i];
    return sum;
}

/* --- the handler -------------------------------------------------------------------------- */

struct later {
    struct plug_conn *conn;
    char text[LINE];
};

static void say_later(void *arg)
{
    struct later *l = arg;
    (void)!plug_conn_send_all(l->conn, l->text, strlen(l->text));
    plug_free(l);
}

static int later(struct plug_conn *c, const char *text)
{
    struct later *l = plug_alloc(sizeof *l);
    if (!l)
        return -ENOMEM;
    l->conn = c;
    snprintf(l->text, sizeof l->text, "%s\n", text);
    return plug_defer(say_later, l);
}

static ssize_t answer(struct plug_conn *c, const char *fmt, ...)
{
    char text[LINE + 2];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return plug_conn_send_all(c, text, (size_t)n);
}

static ssize_t send_bulk(struct plug_conn *c, size_t n, uint32_t state)
{
    uint8_t b[PIECE];
    ssize_t r = 0;
    for (size_t step; n > 0 && r >= 0; n -= step) {
        step = n < sizeof b ? n : sizeof b;
        fill(b, step, &state);
        r = plug_conn_send_all(c, b, step);
    }
    return r;
}

static ssize_t take(struct plug_conn *c, struct plug_stream *f, size_t n)
{
    uint8_t b[PIECE];
    uint32_t sum = 0;
    ssize_t r;
    for (size_t left = n; left > 0; left -= (size_t)r) {
        r = plug_stream_read(f, b, left < sizeof b ? left : sizeof b);
        if (r <= 0)
            return r < 0 ? r : PLUG_EEOF;
        sum = sum_of(sum, b, (size_t)r);
    }
    return answer(c, "sum %" PRIu32 "\n", sum);
}

static ssize_t take_rest(struct plug_conn *c, struct plug_stream *f)
{
    uint8_t b[PIECE];
    uint32_t sum = 0;
    size_t count = 0;
    ssize_t r;
    while ((r = plug_stream_read(f, b, sizeof b)) > 0) {
        sum = sum_of(sum, b, (size_t)r);
        count += (size_t)r;
    }
    return r < 0 ? r : answer(c, "rest %zu %" PRIu32 "\n", count, sum);
}

static ssize_t shout(struct plug_conn *c, char *text)
{
    for (char *p = text; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    return answer(c, "%s\n", text);
}

static ssize_t nap(struct plug_conn *c, unsigned ms)
{
    int r = plug_sleep(PLUG_MS(ms));
    return r < 0 ? r : answer(c, "rested\n");
}

static ssize_t obey(struct plug_conn *c, struct plug_stream *f, char *line, bool *over)
{
    size_t n = 0;
    uint32_t seed = 0;
    char *arg = strchr(line, ' ');
    arg = arg ? arg + 1 : line + strlen(line);
    if (sscanf(line, "bulk %zu %" SCNu32, &n, &seed) == 2)
        return send_bulk(c, n, seed);
    if (sscanf(line, "sink %zu", &n) == 1)
        return take(c, f, n);
    if (sscanf(line, "nap %zu", &n) == 1)
        return nap(c, (unsigned)n);
    if (strncmp(line, "echo ", 5) == 0)
        return answer(c, "%s\n", arg);
    if (strncmp(line, "upper ", 6) == 0)
        return shout(c, arg);
    if (strncmp(line, "later ", 6) == 0)
        return later(c, arg);
    if (strcmp(line, "setup") == 0)
        return answer(c, "%s\n", (const char *)plug_conn_data(c));
    if (strcmp(line, "fail") == 0)
        return -EPROTO;
    *over = true;
    if (strcmp(line, "abort") == 0)
        plug_conn_abort(c);
    if (strcmp(line, "rest") == 0)
        return take_rest(c, f);
    return strcmp(line, "end") == 0 || strcmp(line, "abort") == 0 ? 0 : -EBADMSG;
}

static int converse(struct plug_conn *c, void *arg)
{
    struct plug_stream *f;
    char line[LINE];
    ssize_t r = plug_conn_stream(c, &f);
    bool over = false;
    (void)arg;
    while (r >= 0 && !over) {
        r = plug_stream_readline(f, line, sizeof line);
        if (r <= 0)
            return (int)r;
        line[strcspn(line, "\n")] = '\0';
        r = obey(c, f, line, &over);
    }
    return r < 0 ? (int)r : 0;
}

static int leave_word(struct plug_conn *c, void *arg)
{
    (void)arg;
    plug_conn_data_set(c, "from setup");
    return 0;
}

/* --- a conversation ------------------------------------------------------------------------ */

enum ending { IN_ORDER, BY_RESET, BY_CLIENT };

struct talk {
    uint8_t *say, *hear; /* what the client sends, and what it must read */
    size_t say_len, hear_len;
    enum ending ending;
    bool fails;
    uint64_t chunks; /* seed of how it is cut */
    const struct served *server;
    uint8_t *got;
    size_t got_len;
    int error;
};

static void add(uint8_t *to, size_t *len, const void *bytes, size_t n)
{
    T_TRUE(*len + n <= TALK_MAX);
    memcpy(to + *len, bytes, n);
    *len += n;
}

static void say(struct talk *t, const char *fmt, ...)
{
    char text[LINE];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    add(t->say, &t->say_len, text, (size_t)n);
}

static void expect(struct talk *t, const char *fmt, ...)
{
    char text[LINE];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    add(t->hear, &t->hear_len, text, (size_t)n);
}

static void random_words(char *to, size_t len)
{
    size_t n = t_below(len - 1);
    for (size_t i = 0; i < n; i++)
        to[i] = "abc XYZ.09~"[t_below(11)];
    to[n] = '\0';
}

static void say_sink(struct talk *t, size_t n)
{
    uint8_t *b = T_PTR(plug_alloc(n + 1));
    uint32_t state = (uint32_t)t_random();
    fill(b, n, &state);
    say(t, "sink %zu\n", n);
    add(t->say, &t->say_len, b, n);
    expect(t, "sum %" PRIu32 "\n", sum_of(0, b, n));
    plug_free(b);
}

static void say_bulk(struct talk *t, size_t n)
{
    uint32_t state = (uint32_t)t_random();
    say(t, "bulk %zu %" PRIu32 "\n", n, state);
    T_TRUE(t->hear_len + n <= TALK_MAX);
    fill(t->hear + t->hear_len, n, &state);
    t->hear_len += n;
}

static void say_something(struct talk *t, char last_words[LINE])
{
    char words[100];
    random_words(words, sizeof words);
    switch (t_below(12)) {
    case 0:
        say_bulk(t, t_below(60000));
        break;
    case 1:
        say_sink(t, t_below(60000));
        break;
    case 2:
        say(t, "nap %d\nsetup\n", (int)t_below(3));
        expect(t, "rested\nfrom setup\n");
        break;
    case 3:
        if (!*last_words) {
            say(t, "later %s\nlater again\n", words);
            snprintf(last_words, LINE, "again\n%s\n", words);
        }
        break;
    case 4:
    case 5:
        say(t, "upper %s\n", words);
        for (char *p = words; *p; p++)
            *p = (char)toupper((unsigned char)*p);
        expect(t, "%s\n", words);
        break;
    default:
        say(t, "echo %s\n", words);
        expect(t, "%s\n", words);
    }
}

static void say_goodbye(struct talk *t, const char *last_words)
{
    char junk[3000];
    uint32_t state = (uint32_t)t_random();
    size_t n = t_below(sizeof junk);
    switch (t_below(6)) {
    case 0:
        say(t, "fail\n");
        t->fails = true;
        break;
    case 1:
        say(t, "abort\n");
        t->ending = BY_RESET;
        break;
    case 2:
        t->ending = BY_CLIENT; /* hears the end of file, without a word */
        break;
    case 3:
        say(t, "rest\n");
        fill(junk, n, &state);
        add(t->say, &t->say_len, junk, n);
        expect(t, "rest %zu %" PRIu32 "\n", n, sum_of(0, junk, n));
        t->ending = BY_CLIENT;
        break;
    default:
        say(t, "end\n");
    }
    expect(t, "%s", last_words);
}

static void make_talk(struct talk *t)
{
    char last_words[LINE] = "";
    t->say = T_PTR(plug_alloc(TALK_MAX));
    T_OWN(plug_free, t->say);
    t->hear = T_PTR(plug_alloc(TALK_MAX));
    T_OWN(plug_free, t->hear);
    t->got = T_PTR(plug_alloc(TALK_MAX));
    T_OWN(plug_free, t->got);
    for (size_t n = t_below(14); n > 0; n--)
        say_something(t, last_words);
    say_goodbye(t, last_words);
    t->chunks = t_random();
}

/* --- the client ---------------------------------------------------------------------------- */

static size_t chunk(struct talk *t)
{
    t->chunks = t->chunks * 6364136223846793005u + 1442695040888963407u;
    uint64_t r = t->chunks >> 33;
    return r % 4 == 0 ? 1 + r / 4 % 3 : 1 + r / 4 % 9000;
}

static ssize_t send_some(struct talk *t, struct plug_sock *s, size_t *sent)
{
    size_t n = chunk(t), left = t->say_len - *sent;
    ssize_t r = plug_sock_send(s, t->say + *sent, n < left ? n : left, MSG_DONTWAIT);
    if (r < 0)
        return r == -EAGAIN ? 0 : r;
    *sent += (size_t)r;
    if (*sent == t->say_len && t->ending == BY_CLIENT)
        return plug_sock_shutdown(s, SHUT_WR);
    return 0;
}

/* 1: the end. */
static ssize_t hear_some(struct talk *t, struct plug_sock *s)
{
    if (t->got_len == TALK_MAX)
        return -EMSGSIZE;
    ssize_t r = plug_sock_recv(s, t->got + t->got_len, TALK_MAX - t->got_len, MSG_DONTWAIT);
    if (r > 0)
        t->got_len += (size_t)r;
    return r == 0 ? 1 : r == -EAGAIN || r > 0 ? 0 : r;
}

/* Sends and reads at the same time, until the server ends it. */
static ssize_t pump(struct talk *t, struct plug_sock *s)
{
    int64_t deadline = plug_now() + PATIENCE;
    size_t sent = 0;
    ssize_t r = 0;
    if (t->say_len == 0 && t->ending == BY_CLIENT)
        r = plug_sock_shutdown(s, SHUT_WR);
    while (r == 0) {
        int ready =
            plug_wait(plug_sock_fd(s), sent < t->say_len ? POLLIN | POLLOUT : POLLIN, deadline);
        if (ready < 0)
            return ready;
        if (ready & ~POLLOUT)
            r = hear_some(t, s);
        if (r == 0 && (ready & POLLOUT) && sent < t->say_len)
            r = send_some(t, s, &sent);
    }
    return r == 1 ? 0 : r;
}

static void hold(void *arg)
{
    struct talk *t = arg;
    struct plug_dial_opts o = PLUG_DIAL_OPTS;
    struct plug_sock *s;
    o.timeout = PATIENCE;
    t->got_len = 0;
    t->error = plug_dial(&s, t->server->endpoint, &o, NULL);
    if (t->error < 0)
        return;
    t->error = (int)pump(t, s);
    plug_sock_close(s);
}

/* --- what must be true --------------------------------------------------------------------- */

static void check_talk(const struct talk *t, const char *cell, size_t who)
{
    size_t n = t->got_len < t->hear_len ? t->got_len : t->hear_len;
    if (memcmp(t->got, t->hear, n) != 0 || t->got_len > t->hear_len)
        T_FAIL("%s, client %zu: reads something else", cell, who);
    if (t->ending == BY_RESET) { /* what was on its way is lost */
        if (t->error != -ECONNRESET && t->error != -EPIPE && t->error != 0)
            T_FAIL("%s, client %zu: %s instead of a reset", cell, who, plug_strerror(t->error));
        return;
    }
    if (t->error != 0)
        T_FAIL("%s, client %zu: %s after %zu of %zu bytes", cell, who, plug_strerror(t->error),
               t->got_len, t->hear_len);
    if (t->got_len != t->hear_len)
        T_FAIL("%s, client %zu: the end after %zu of %zu bytes", cell, who, t->got_len,
               t->hear_len);
}

static void check_stats(const struct served *s, const struct talk *talks, const char *cell)
{
    uint64_t failed = 0;
    for (size_t i = 0; i < CLIENTS; i++)
        failed += talks[i].fails;
    const struct plug_server_stats *st = &s->stats;
    if (st->accepted != CLIENTS || st->handled != CLIENTS || st->failed < failed || st->live != 0)
        T_FAIL("%s: accepted %" PRIu64 ", handled %" PRIu64 ", failed %" PRIu64 ", live %zu", cell,
               st->accepted, st->handled, st->failed, st->live);
}

static void hold_all(struct talk *talks, const struct served *s)
{
    for (size_t i = 0; i < CLIENTS; i++) {
        talks[i].server = s;
        t_thread(hold, &talks[i]);
    }
    t_join();
}

static void converse_everywhere(const char *endpoint, const char *faults)
{
    static struct talk talks[CLIENTS];
    struct plug_server_hooks hooks = PLUG_SERVER_HOOKS;
    struct plug_server_opts opts = PLUG_SERVER_OPTS;
    hooks.setup = leave_word;
    opts.hooks = &hooks;
    memset(talks, 0, sizeof talks);
    for (size_t i = 0; i < CLIENTS; i++)
        make_talk(&talks[i]);
    for (size_t i = 0; i < served_cells(); i++) {
        struct served_cell cell = served_cell(i);
        const char *name = served_name(cell);
        struct served s;
        if (!served_start(&s, endpoint, converse, NULL, &opts, cell, faults))
            continue;
        hold_all(talks, &s);
        served_stop(&s);
        for (size_t k = 0; k < CLIENTS; k++)
            check_talk(&talks[k], name, k);
        check_stats(&s, talks, name);
    }
    t_end_owned();
}

/* PLUG_ROUNDS=N: more conversations than the usual slice. */
static size_t rounds(void)
{
    const char *text = getenv("PLUG_ROUNDS");
    uint64_t n = 0;
    return text && plug_uint_parse(text, strlen(text), 1000000, &n) >= 0 ? n : 4;
}

T_TEST_PLAIN(conformance_tcp)
{
    for (size_t i = rounds(); i > 0; i--)
        converse_everywhere("tcp://127.0.0.1:0", NULL);
}

T_TEST_PLAIN(conformance_unix)
{
    char endpoint[128];
    snprintf(endpoint, sizeof endpoint, "unix:/tmp/plug-conformance-%d", (int)getpid());
    for (size_t i = (rounds() + 1) / 2; i > 0; i--)
        converse_everywhere(endpoint, NULL);
}

/* Transfers cut short and calls interrupted: nothing a client could notice. */
T_TEST_PLAIN(conformance_with_short_transfers)
{
    char plan[160];
    snprintf(plan, sizeof plan,
             "seed:%" PRIu64 ";send:30%%=short(7);recv:30%%=short(3);recv:5%%=EINTR;send:5%%=EINTR",
             t_random());
    for (size_t i = (rounds() + 1) / 2; i > 0; i--)
        converse_everywhere("tcp://127.0.0.1:0", plan);
}

T_TEST_PLAIN(conformance_with_failing_accepts)
{
    char plan[160];
    snprintf(plan, sizeof plan,
             "seed:%" PRIu64 ";accept4:20%%=ECONNABORTED;accept4:20%%=EMFILE;accept4:10%%=EINTR",
             t_random());
    for (size_t i = (rounds() + 1) / 2; i > 0; i--)
        converse_everywhere("tcp://127.0.0.1:0", plan);
}

/* --- ends ---------------------------------------------------------------------------------- */

/* Small pieces and at once the end, from a client that then only listens. */
static int say_and_end(const char *endpoint)
{
    struct plug_sock *s;
    char b[64];
    ssize_t r = plug_dial(&s, endpoint, NULL, NULL);
    if (r < 0)
        return (int)r;
    for (int i = 0; i < 50 && r >= 0; i++)
        r = plug_sock_send(s, "x", 1, 0);
    if (r >= 0)
        r = plug_sock_shutdown(s, SHUT_WR);
    while (r >= 0 && (r = plug_sock_recv(s, b, sizeof b, 0)) > 0) {
    }
    plug_sock_close(s);
    return (int)r;
}

static int give_back(struct plug_conn *c, void *arg)
{
    char b[64];
    ssize_t n;
    (void)arg;
    while ((n = plug_conn_recv(c, b, sizeof b)) > 0)
        if ((n = plug_conn_send_all(c, b, (size_t)n)) < 0)
            break;
    return (int)n;
}

/*
 * A server that has heard the end ends, too: whatever a back-end still had in hand for the
 * connection must not keep it open.
 */
T_TEST_PLAIN(conformance_hears_every_end)
{
    struct plug_server_opts opts = PLUG_SERVER_OPTS;
    struct plug_deadline d;
    for (size_t i = 0; i < served_cells(); i++) {
        struct served_cell cell = served_cell(i);
        struct served s;
        if (!served_start(&s, "tcp://127.0.0.1:0", give_back, NULL, &opts, cell, NULL))
            continue;
        for (int k = 0; k < 150; k++) {
            plug_deadline_enter(&d, PATIENCE);
            int r = say_and_end(s.endpoint);
            plug_deadline_leave(&d);
            if (r < 0)
                T_FAIL("%s, client %d: %s", served_name(cell), k, plug_strerror(r));
        }
        served_stop(&s);
        T_EQ(s.stats.handled, 150);
    }
}
