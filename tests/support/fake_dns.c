/* SPDX-License-Identifier: MIT */
#include "fake_dns.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    A = 1,
    NS = 2,
    CNAME = 5,
    SOA = 6,
    PTR = 12,
    HINFO = 13,
    MX = 15,
    TXT = 16,
    AAAA = 28,
    SRV = 33,
    CAA = 257
};
enum { FORMERR = 1, SERVFAIL = 2, NXDOMAIN = 3, NOTIMP = 4, REFUSED = 5 };

static const struct {
    const char *label;
    size_t len;
} hostile[FAKE_DNS_HOSTILE] = {
    {"\033[31mred", 8}, {"a\nb", 3},        {"<script>alert(1)", 16},    {"two words", 9},
    {"-rf", 3},         {"dot.inside", 10}, {"\xff\xfe\xe2\x80\xae", 5}, {"$(reboot)\"\\;", 12},
};

/* --- messages
 * ------------------------------------------------------------------------------------- */

struct message {
    uint8_t bytes[65535];
    size_t len;
};

struct query {
    uint16_t id, type;
    char name[512];
    const uint8_t *question;
    size_t question_len;
    bool over_tcp;
};

static void put(struct message *m, const void *bytes, size_t len)
{
    if (m->len + len > sizeof m->bytes)
        return;
    memcpy(m->bytes + m->len, bytes, len);
    m->len += len;
}

static void put16(struct message *m, unsigned v)
{
    put(m, (uint8_t[]){(uint8_t)(v >> 8), (uint8_t)v}, 2);
}

static void put_label(struct message *m, const void *label, size_t len)
{
    uint8_t n = (uint8_t)len;
    put(m, &n, 1);
    put(m, label, len);
}

static void put_name(struct message *m, const char *name)
{
    while (*name) {
        size_t n = strcspn(name, ".");
        put_label(m, name, n);
        name += n + (name[n] == '.');
    }
    put(m, "", 1);
}

/* Returns where the length of the data has to be written by end_record. */
static size_t record(struct message *m, const char *name, unsigned type, unsigned ttl)
{
    put_name(m, name);
    put16(m, type);
    put16(m, 1);
    put16(m, ttl >> 16);
    put16(m, ttl);
    put16(m, 0);
    m->bytes[7]++;
    if (m->bytes[7] == 0)
        m->bytes[6]++;
    return m->len;
}

static void end_record(struct message *m, size_t start)
{
    m->bytes[start - 2] = (uint8_t)((m->len - start) >> 8);
    m->bytes[start - 1] = (uint8_t)(m->len - start);
}

static void put_record(struct message *m, const char *name, unsigned type, const void *data,
                       size_t len)
{
    size_t at = record(m, name, type, 300);
    put(m, data, len);
    end_record(m, at);
}

static void put_named(struct message *m, const char *name, unsigned type, const void *head,
                      size_t headlen, const char *target)
{
    size_t at = record(m, name, type, 300);
    put(m, head, headlen);
    put_name(m, target);
    end_record(m, at);
}

static void begin_reply(struct message *m, const struct query *q, unsigned flags, unsigned rcode)
{
    m->len = 0;
    put16(m, q->id);
    put16(m, 0x8180 | flags | rcode);
    put16(m, 1);
    put(m, "\0\0\0\0\0\0", 6);
    put(m, q->question, q->question_len);
}

static bool parse_query(const uint8_t *p, size_t n, bool over_tcp, struct query *q)
{
    size_t at = 12, out = 0;
    if (n < 17)
        return false;
    while (at < n && p[at]) {
        if (p[at] > 63 || at + 1 + p[at] >= n || out + p[at] + 2 > sizeof q->name)
            return false;
        if (out)
            q->name[out++] = '.';
        memcpy(q->name + out, p + at + 1, p[at]);
        out += p[at];
        at += 1 + (size_t)p[at];
    }
    if (at + 5 > n)
        return false;
    q->name[out] = 0;
    q->id = (uint16_t)(p[0] << 8 | p[1]);
    q->type = (uint16_t)(p[at + 1] << 8 | p[at + 2]);
    q->question = p + 12;
    q->question_len = at + 5 - 12;
    q->over_tcp = over_tcp;
    return true;
}

/* --- what the zone holds
 * ---------------------------------------------------------------------------- */

static const uint8_t a4[] = {192, 0, 2, 1};
static const uint8_t a6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};

static void answer_addresses(struct message *m, const struct query *q, const char *owner)
{
    if (q->type == A)
        put_record(m, owner, A, a4, 4);
    if (q->type == AAAA)
        put_record(m, owner, AAAA, a6, 16);
}

static void answer_soa(struct message *m, const char *owner)
{
    size_t at = record(m, owner, SOA, 3600);
    put_name(m, "ns.test");
    put_name(m, "admin.test");
    for (unsigned i = 1; i <= 5; i++) {
        put16(m, 0);
        put16(m, i);
    }
    end_record(m, at);
}

static void answer_many(struct message *m, const struct query *q)
{
    for (unsigned i = 0; i < 1000 && q->type == A; i++) {
        uint8_t addr[4] = {10, 0, (uint8_t)(i >> 8), (uint8_t)i};
        put_record(m, q->name, A, addr, 4);
    }
}

static void answer_evil(struct message *m, const char *owner, size_t n, unsigned type)
{
    size_t at = record(m, owner, type, 60);
    put_label(m, hostile[n].label, hostile[n].len);
    put_name(m, "test");
    end_record(m, at);
}

static void answer_ptr(struct message *m, const struct query *q)
{
    unsigned last = 0;
    if (sscanf(q->name, "%u.3.0.192.", &last) == 1 && strstr(q->name, ".3.0.192.") &&
        last < FAKE_DNS_HOSTILE)
        answer_evil(m, q->name, last, PTR);
    else if (strncmp(q->name, "3.2.0.192.", 10) == 0)
        put_named(m, q->name, PTR, "", 0, "nx.test");
    else if (strncmp(q->name, "4.2.0.192.", 10) != 0)
        put_named(m, q->name, PTR, "", 0, "a.test");
}

/* A record cut off; a name that points to itself. */
static void answer_broken(struct message *m, const struct query *q)
{
    put_record(m, q->name, A, a4, 4);
    if (strncmp(q->name, "garbage", 7) == 0) {
        m->len -= 2;
        return;
    }
    size_t owner = 12 + q->question_len;
    m->len = owner;
    put16(m, 0xC000 | (unsigned)owner);
    put(m, "\0\1\0\1\0\0\0\1\0\4", 10);
    put(m, a4, 4);
}

static bool is(const struct query *q, const char *name)
{
    return strcasecmp(q->name, name) == 0;
}

static void answer_one(struct message *m, const struct query *q)
{
    if (is(q, "mx.test"))
        put_named(m, q->name, MX, "\0\12", 2, "mail.test");
    else if (is(q, "srv.test"))
        put_named(m, q->name, SRV, "\0\1\0\2\0\120", 6, "host.test");
    else if (is(q, "ns.test"))
        put_named(m, q->name, NS, "", 0, "ns1.test");
    else if (is(q, "txt.test"))
        put_record(m, q->name, TXT, "\3a\"b\2\033c", 7);
    else if (is(q, "hinfo.test"))
        put_record(m, q->name, HINFO, "\3CPU\2OS", 7);
    else if (is(q, "caa.test"))
        put_record(m, q->name, CAA, "\0\5issueca.test", 14);
    else if (is(q, "soa.test"))
        answer_soa(m, q->name);
}

static void answer(struct message *m, const struct query *q)
{
    if (is(q, "www.test")) {
        put_named(m, q->name, CNAME, "", 0, "a.test");
        answer_addresses(m, q, "a.test");
    } else if (is(q, "loop.test")) {
        put_named(m, q->name, CNAME, "", 0, "loop2.test");
        put_named(m, "loop2.test", CNAME, "", 0, q->name);
    } else if (is(q, "evil.test"))
        answer_evil(m, q->name, 0, CNAME);
    else if (is(q, "many.test"))
        answer_many(m, q);
    else if (is(q, "garbage.test") || is(q, "pointer.test"))
        answer_broken(m, q);
    else if (q->type == PTR)
        answer_ptr(m, q);
    else if (is(q, "a.test") || is(q, "tc.test") || is(q, "late.test") || is(q, "slow.test"))
        answer_addresses(m, q, q->name);
    else
        answer_one(m, q);
}

static unsigned rcode_of(const struct query *q)
{
    static const struct {
        const char *name;
        unsigned rcode;
    } known[] = {{"servfail.test", SERVFAIL}, {"refused.test", REFUSED},
                 {"notimp.test", NOTIMP},     {"formerr.test", FORMERR},
                 {"rcode9.test", 9},          {"6.2.0.192.in-addr.arpa", SERVFAIL}};
    static const char *const names[] = {
        "a.test",    "www.test",  "mx.test",    "txt.test",    "srv.test",     "soa.test",
        "caa.test",  "ns.test",   "hinfo.test", "nodata.test", "tc.test",      "late.test",
        "many.test", "loop.test", "evil.test",  "slow.test",   "garbage.test", "pointer.test"};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (is(q, known[i].name))
            return known[i].rcode;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (is(q, names[i]))
            return 0;
    bool reverse =
        strstr(q->name, ".0.192.in-addr.arpa") || strstr(q->name, "8.b.d.0.1.0.0.2.ip6.arpa");
    return reverse && strncmp(q->name, "4.2.0.192.", 10) != 0 ? 0 : NXDOMAIN;
}

/* --- replies
 * ------------------------------------------------------------------------------------------ */

struct peer {
    int fd;
    struct sockaddr_storage addr;
    socklen_t len; /* 0: TCP */
};

static void reply(const struct peer *p, const struct message *m)
{
    uint8_t length[2] = {(uint8_t)(m->len >> 8), (uint8_t)m->len};
    if (p->len) {
        sendto(p->fd, m->bytes, m->len, MSG_NOSIGNAL, (const struct sockaddr *)&p->addr, p->len);
    } else if (send(p->fd, length, 2, MSG_NOSIGNAL | MSG_MORE) == 2) {
        send(p->fd, m->bytes, m->len, MSG_NOSIGNAL);
    }
}

static void reply_wrong(const struct peer *p, const struct query *q, struct message *m,
                        unsigned times)
{
    struct query wrong = *q;
    while (times--) {
        wrong.id = (uint16_t)(q->id + 1 + times);
        begin_reply(m, &wrong, 0, 0);
        put_record(m, q->name, A, "\377\377\377\377", 4);
        if (wrong.id != q->id)
            reply(p, m);
    }
}

/* The right id, but the answer to another question. */
static void reply_other(const struct peer *p, const struct query *q, struct message *m)
{
    begin_reply(m, q, 0, 0);
    m->bytes[13] = 'x';
    put_record(m, q->name, A, "\377\377\377\377", 4);
    reply(p, m);
}

static void serve(const struct peer *p, const uint8_t *bytes, size_t len)
{
    static struct message m;
    struct query q;
    if (!parse_query(bytes, len, p->len == 0, &q) || is(&q, "silent.test") ||
        is(&q, "5.2.0.192.in-addr.arpa") || (q.over_tcp && is(&q, "tcbad.test")))
        return;
    if (is(&q, "wrongid.test") || is(&q, "late.test"))
        reply_wrong(p, &q, &m, 3);
    if (is(&q, "flood.test"))
        reply_wrong(p, &q, &m, 5000);
    if (is(&q, "wrongname.test") || is(&q, "late.test"))
        reply_other(p, &q, &m);
    if (is(&q, "wrongid.test") || is(&q, "wrongname.test") || is(&q, "flood.test"))
        return;
    if (is(&q, "slow.test"))
        usleep(200000);
    bool cut = !q.over_tcp && (is(&q, "tc.test") || is(&q, "tcbad.test") || is(&q, "many.test"));
    begin_reply(&m, &q, cut ? 0x0200 : 0, cut ? 0 : rcode_of(&q));
    if (!cut && !rcode_of(&q))
        answer(&m, &q);
    reply(p, &m);
}

/* --- the server
 * --------------------------------------------------------------------------------------- */

static void serve_udp(int fd)
{
    uint8_t bytes[2048];
    struct peer p = {.fd = fd, .len = sizeof p.addr};
    ssize_t n = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&p.addr, &p.len);
    if (n > 0)
        serve(&p, bytes, (size_t)n);
}

static void serve_tcp(int listener)
{
    uint8_t bytes[2 + 2048];
    struct timeval limit = {.tv_sec = 2};
    struct peer p = {.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)};
    if (p.fd < 0)
        return;
    setsockopt(p.fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    size_t have = 0;
    ssize_t n;
    while (have < 2 || have < 2 + (size_t)(bytes[0] << 8 | bytes[1])) {
        n = recv(p.fd, bytes + have, sizeof bytes - have, 0);
        if (n <= 0)
            break;
        have += (size_t)n;
    }
    if (have > 2)
        serve(&p, bytes + 2, have - 2);
    close(p.fd);
}

static void *run(void *arg)
{
    struct fake_dns *d = arg;
    struct pollfd fds[] = {{d->udp, POLLIN, 0}, {d->tcp, POLLIN, 0}, {d->stop[0], POLLIN, 0}};
    while (poll(fds, 3, -1) > 0 && !fds[2].revents) {
        if (fds[0].revents)
            serve_udp(d->udp);
        if (fds[1].revents)
            serve_tcp(d->tcp);
    }
    return NULL;
}

static int bound(const char *addr, int type, uint16_t *port)
{
    struct sockaddr_storage ss = {0};
    struct sockaddr_in *in = (struct sockaddr_in *)&ss;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&ss;
    bool six = inet_pton(AF_INET6, addr, &in6->sin6_addr) == 1;
    socklen_t len = six ? sizeof *in6 : sizeof *in;
    int on = 1;

    ss.ss_family = six ? AF_INET6 : AF_INET;
    in->sin_port = htons(*port); /* the same place in both */
    if (!six && inet_pton(AF_INET, addr, &in->sin_addr) != 1)
        return -1;
    int fd = socket(ss.ss_family, type | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, type == SOCK_STREAM ? sizeof on : 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&ss, len) < 0 ||
        getsockname(fd, (struct sockaddr *)&ss, &len) < 0 ||
        (type == SOCK_STREAM && listen(fd, 16) < 0)) {
        close(fd);
        return -1;
    }
    *port = ntohs(in->sin_port);
    return fd;
}

/* A port that is free for UDP need not be free for TCP: tries again where it may choose. */
int fake_dns_open(struct fake_dns *d, const char *addr, uint16_t port)
{
    for (int tries = port ? 1 : 20; tries; tries--) {
        d->port = port;
        d->udp = bound(addr, SOCK_DGRAM, &d->port);
        d->tcp = d->udp < 0 ? -1 : bound(addr, SOCK_STREAM, &d->port);
        if (d->tcp >= 0)
            break;
        close(d->udp);
        d->udp = -1;
    }
    if (d->udp < 0 || pipe2(d->stop, O_CLOEXEC) < 0)
        return -1;
    return pthread_create(&d->thread, NULL, run, d) == 0 ? 0 : -1;
}

void fake_dns_close(struct fake_dns *d)
{
    close(d->stop[1]);
    pthread_join(d->thread, NULL);
    close(d->stop[0]);
    close(d->udp);
    close(d->tcp);
}
