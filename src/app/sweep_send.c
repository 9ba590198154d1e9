/* SPDX-License-Identifier: MIT */
/* Requests: made in batches, and what the kernel says to them. */
#include "app/sweep_impl.h"
#include <plug/alloc.h>
#include <plug/bytes.h>
#include <plug/checksum.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <string.h>

#define REQUEST4      8
#define REQUEST6      128
#define ATTEMPTS      8  /* an error may be that of an earlier packet, told late */
#define REFUSALS      10 /* in a row, each waited for longer, until a request counts as failed */
#define LONGEST_PAUSE PLUG_MS(100)
#define FEW           16 /* fewer requests are not worth a system call while others are under way */
#define CATCH_UP      PLUG_MS(10) /* how far the rate makes up for a late wake-up */

/* --- requests --------------------------------------------------------------------------------- */

static void slot_prepare(struct plug_sweep *s, struct plug__sweep_lane *l,
                         struct plug__sweep_slot *slot)
{
    size_t rest = s->opts.data_len - PLUG_SWEEP_DATA_MIN;
    bool fits = PLUG__SWEEP_HEAD + rest <= sizeof slot->bytes;

    slot->bytes[0] = l->family == AF_INET ? REQUEST4 : REQUEST6;
    plug_put_be16(slot->bytes + 4, l->id);
    slot->iov[0] = (struct iovec){slot->bytes, PLUG__SWEEP_HEAD + (fits ? rest : 0)};
    slot->iov[1] = (struct iovec){s->rest, rest};
    if (fits)
        memcpy(slot->bytes + PLUG__SWEEP_HEAD, s->rest, rest);
    s->pieces = fits ? 1 : 2;
}

int plug__sweep_prepare(struct plug_sweep *s)
{
    size_t rest = s->opts.data_len - PLUG_SWEEP_DATA_MIN;
    int r = plug__sipkey_random(&s->key);

    if (r < 0)
        return r;
    s->rest = plug_alloc(rest);
    if (!s->rest)
        return -ENOMEM;
    for (size_t i = 0; i < rest; i++)
        s->rest[i] = (uint8_t)i;
    s->rest_sum = (uint16_t)~plug_checksum(s->rest, rest);
    for (size_t i = 0; i < 2; i++) {
        s->lane[i].id = (uint16_t)(s->key.k0 >> 16 * i); /* any; it is no secret */
        for (size_t k = 0; k < PLUG__SWEEP_BATCH; k++)
            slot_prepare(s, &s->lane[i], &s->lane[i].slot[k]);
    }
    return 0;
}

uint64_t plug__sweep_mac(const struct plug_sweep *s, plug__ip to, uint32_t place, uint32_t tick)
{
    uint8_t bytes[24];

    plug_put_be64(bytes, (uint64_t)(to >> 64));
    plug_put_be64(bytes + 8, (uint64_t)to);
    plug_put_be32(bytes + 16, place);
    plug_put_be32(bytes + 20, tick);
    return plug__siphash(&s->key, bytes, sizeof bytes);
}

/* The kernel fills in the checksum, but for raw IPv4. */
static void slot_fill(struct plug_sweep *s, struct plug__sweep_lane *l,
                      struct plug__sweep_slot *slot, const struct plug_addr *to, uint32_t place)
{
    uint32_t tick = plug__sweep_tick(s, s->now), scope;
    uint8_t *code = slot->bytes + PLUG__SWEEP_ICMP;
    plug__ip ip;

    plug__ip_of_addr(to, &ip, &scope);
    memcpy(&slot->to, &to->ss, to->len);
    slot->place = place;
    plug_put_be16(slot->bytes + 2, 0);
    plug_put_be16(slot->bytes + 6, (uint16_t)place);
    plug_put_be32(code, place);
    plug_put_be32(code + 4, tick);
    plug_put_be64(code + 8, plug__sweep_mac(s, ip, place, tick));
    if (l->raw && l->family == AF_INET) {
        struct plug_checksum sum = {0};

        plug_checksum_add16(&sum, s->rest_sum);
        plug_checksum_add(&sum, slot->bytes, PLUG__SWEEP_HEAD);
        plug_put_be16(slot->bytes + 2, plug_checksum_finish(&sum));
    }
}

/* --- sending ---------------------------------------------------------------------------------- */

/* The first n requests behind done went, between from and s->now, one after the other. */
static void went(struct plug_sweep *s, struct plug__sweep_lane *l, unsigned done, unsigned n,
                 int64_t from)
{
    int64_t each = (s->now - from) / n;

    for (unsigned k = 0; k < n; k++) {
        uint32_t place = l->slot[done + k].place;
        unsigned tries = s->state[place] / (PLUG__SWEEP_STATE + 1u);

        s->stats.asked += tries == 0;
        tries += tries < PLUG_SWEEP_TRIES_MAX;
        s->state[place] = (uint8_t)(tries * (PLUG__SWEEP_STATE + 1u) | PLUG__SWEEP_OUT);
        s->sent[place] = plug__sweep_tick(s, from + k * each);
    }
    s->stats.sent += n;
    s->window.out += n;
    s->waiting += n;
    s->refused = 0;
}

static void failed(struct plug_sweep *s, uint32_t place, int err)
{
    struct plug_sweep_event e = {.type = PLUG_SWEEP_SEND_FAILED, .error = err};

    plug__sweep_set(s, place, PLUG__SWEEP_FAILED);
    plug__sweep_tell(s, &e, place);
}

/*
 * The interface or the socket's own queue takes no more: that is no loss yet. From this place on it
 * is tried again, later. False: it has been refused for too long.
 */
static bool put_off(struct plug_sweep *s, uint32_t place, int err)
{
    int64_t pause = PLUG_US(200);

    if (err != -EAGAIN) {
        if (s->refused == REFUSALS)
            return false;
        pause = PLUG_MS(1) << (s->refused < 7 ? s->refused : 7);
        s->refused++;
        s->stats.local_drops++;
        plug__window_cut(&s->window, s->now);
    }
    if (place < s->next)
        s->next = place;
    s->resume = s->now + (pause < LONGEST_PAUSE ? pause : LONGEST_PAUSE);
    return true;
}

static bool is_refusal(int err)
{
    return err == -EAGAIN || err == -ENOBUFS || err == -ENOMEM;
}

/* Sends the batch; what cannot go now is left for later. */
static void flush(struct plug_sweep *s, struct plug__sweep_lane *l)
{
    struct mmsghdr hdr[PLUG__SWEEP_BATCH];
    unsigned done = 0, attempts = 0;

    for (unsigned i = 0; i < l->count; i++)
        hdr[i].msg_hdr = (struct msghdr){
            .msg_name = &l->slot[i].to,
            .msg_namelen = l->family == AF_INET ? sizeof l->slot[i].to.in : sizeof l->slot[i].to,
            .msg_iov = l->slot[i].iov,
            .msg_iovlen = s->pieces};
    while (done < l->count) {
        int64_t from = s->now;
        int n = plug_sys()->sendmmsg(l->fd, hdr + done, l->count - done, MSG_DONTWAIT);

        s->now = plug_now();
        if (n > 0) {
            went(s, l, done, (unsigned)n, from);
            done += (unsigned)n;
            attempts = 0;
        } else if (is_refusal(n) && put_off(s, l->slot[done].place, n)) {
            break;
        } else if (n != -EINTR && ++attempts == ATTEMPTS) {
            failed(s, l->slot[done++].place, n);
            attempts = 0;
        }
    }
    l->count = 0;
}

/* --- how many --------------------------------------------------------------------------------- */

/* A small set has a time of its own for each request; a large one is quicker in batches. */
static uint32_t batch_of(const struct plug_sweep *s)
{
    return s->count <= PLUG_SWEEP_ASCENDING ? 1 : PLUG__SWEEP_BATCH;
}

static unsigned allowed(const struct plug_sweep *s)
{
    uint32_t room = plug__window_room(&s->window), left = s->count - s->next;
    uint32_t unanswered = s->opts.window - s->waiting;
    uint64_t burst = s->opts.rate / 1000 + 1;

    if (s->now < s->resume || s->now < s->due)
        return 0;
    room = room < unanswered ? room : unanswered;
    room = room < left ? room : left;
    if (room < FEW && room < left && s->window.out > room)
        return 0; /* more will soon be allowed */
    room = room < batch_of(s) ? room : batch_of(s);
    return s->opts.rate && burst < room ? (unsigned)burst : room;
}

static void charge(struct plug_sweep *s, uint64_t sent, int64_t from)
{
    if (!s->opts.rate)
        return;
    if (s->due < from - CATCH_UP)
        s->due = from - CATCH_UP;
    s->due += (int64_t)(sent * 1000000000 / s->opts.rate);
}

/* The next place of this round that waits to be asked. */
static bool next_place(struct plug_sweep *s, uint32_t *ret_place)
{
    while (s->next < s->count) {
        enum plug__sweep_state state = plug__sweep_state(s, s->next++);

        if (state == PLUG__SWEEP_IDLE || state == PLUG__SWEEP_OVER) {
            *ret_place = s->next - 1;
            return true;
        }
    }
    return false;
}

bool plug__sweep_send(struct plug_sweep *s)
{
    uint64_t before = s->stats.sent;
    uint32_t at = s->next;
    int64_t from = s->now;
    struct plug_addr to;
    uint32_t place;

    for (unsigned left = allowed(s); left > 0 && next_place(s, &place); left--) {
        plug_targets_at(s->targets, plug__sweep_target(s, place), &to);
        struct plug__sweep_lane *l = &s->lane[plug_addr_family(&to) == AF_INET6];
        slot_fill(s, l, &l->slot[l->count++], &to, place);
    }
    for (size_t i = 0; i < 2 && s->end == 0; i++)
        flush(s, &s->lane[i]);
    charge(s, s->stats.sent - before, from);
    return s->next != at;
}
