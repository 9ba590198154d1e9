/* SPDX-License-Identifier: MIT */
#include "net/addr_parts.h"
#include <plug/err.h>
#include <arpa/inet.h>
#include <string.h>

#define ADDR_FLOWINFO_MAX 0xFFFFFu
#define ADDR_IN6_MIN      offsetof(struct sockaddr_in6, sin6_scope_id) /* RFC 2133 had no scope */

static const uint8_t loopback6[16] = {[15] = 1};

static void addr_clear(struct plug_addr *a, int family, size_t len)
{
    memset(a, 0, sizeof *a);
    a->sa.sa_family = (sa_family_t)family;
    a->len = (socklen_t)len;
}

/* --- from parts ------------------------------------------------------------------------- */

void plug_addr_ip4(const uint8_t bytes[4], uint16_t port, struct plug_addr *ret_addr)
{
    struct in_addr ip;

    memcpy(&ip, bytes, sizeof ip); /* first: bytes may lie inside *ret_addr */
    addr_clear(ret_addr, AF_INET, sizeof(struct sockaddr_in));
    ADDR_IN(ret_addr)->sin_addr = ip;
    ADDR_IN(ret_addr)->sin_port = htons(port);
}

int plug_addr_ip6(const uint8_t bytes[16], uint16_t port, uint32_t flowinfo, uint32_t scope,
                  struct plug_addr *ret_addr)
{
    struct in6_addr ip;

    if (flowinfo > ADDR_FLOWINFO_MAX)
        return PLUG_ERANGE;
    memcpy(&ip, bytes, sizeof ip);
    addr_clear(ret_addr, AF_INET6, sizeof(struct sockaddr_in6));
    ADDR_IN6(ret_addr)->sin6_addr = ip;
    ADDR_IN6(ret_addr)->sin6_port = htons(port);
    ADDR_IN6(ret_addr)->sin6_flowinfo = htonl(flowinfo);
    ADDR_IN6(ret_addr)->sin6_scope_id = scope;
    return 0;
}

static int addr_of_family(int family, const uint8_t ip4[4], const uint8_t ip6[16], uint16_t port,
                          struct plug_addr *ret_addr)
{
    if (family == AF_INET6)
        return plug_addr_ip6(ip6, port, 0, 0, ret_addr);
    if (family != AF_INET)
        return -EAFNOSUPPORT;
    plug_addr_ip4(ip4, port, ret_addr);
    return 0;
}

int plug_addr_any(int family, uint16_t port, struct plug_addr *ret_addr)
{
    static const uint8_t zero[16];

    return addr_of_family(family, zero, zero, port, ret_addr);
}

int plug_addr_loopback(int family, uint16_t port, struct plug_addr *ret_addr)
{
    static const uint8_t loopback4[4] = {127, 0, 0, 1};

    return addr_of_family(family, loopback4, loopback6, port, ret_addr);
}

int plug_addr_unix(const void *name, size_t len, struct plug_addr *ret_addr)
{
    const char *bytes = name;
    bool path = len > 0 && bytes[0] != '\0';
    struct sockaddr_un un = {.sun_family = AF_UNIX};

    if (len > sizeof un.sun_path - path)
        return -ENAMETOOLONG;
    if (path && memchr(bytes, '\0', len))
        return -EINVAL;
    if (len > 0)
        memcpy(un.sun_path, bytes, len);
    addr_clear(ret_addr, AF_UNIX, ADDR_UNIX_AT + len + path); /* a path is sent with its NUL */
    memcpy(ADDR_UN(ret_addr), &un, sizeof un);
    return 0;
}

void plug_addr_netlink(uint32_t pid, uint32_t groups, struct plug_addr *ret_addr)
{
    addr_clear(ret_addr, AF_NETLINK, sizeof(struct sockaddr_nl));
    ADDR_NL(ret_addr)->nl_pid = pid;
    ADDR_NL(ret_addr)->nl_groups = groups;
}

int plug_addr_packet(unsigned ifindex, uint16_t ethertype, const void *hwaddr, size_t hwlen,
                     struct plug_addr *ret_addr)
{
    struct sockaddr_ll ll = {.sll_family = AF_PACKET, .sll_protocol = htons(ethertype)};

    if (hwlen > sizeof ll.sll_addr || ifindex > INT32_MAX)
        return PLUG_ERANGE;
    if (hwlen > 0)
        memcpy(ll.sll_addr, hwaddr, hwlen);
    ll.sll_ifindex = (int)ifindex;
    ll.sll_halen = (unsigned char)hwlen;
    addr_clear(ret_addr, AF_PACKET, sizeof ll);
    memcpy(ADDR_LL(ret_addr), &ll, sizeof ll);
    return 0;
}

void plug_addr_vsock(uint32_t cid, uint32_t port, struct plug_addr *ret_addr)
{
    addr_clear(ret_addr, AF_VSOCK, sizeof(struct sockaddr_vm));
    ADDR_VM(ret_addr)->svm_cid = cid;
    ADDR_VM(ret_addr)->svm_port = port;
}

int plug_addr_tipc(uint8_t type, int8_t scope, uint32_t a, uint32_t b, uint32_t c,
                   struct plug_addr *ret_addr)
{
    struct sockaddr_tipc t = {.family = AF_TIPC, .addrtype = type, .scope = scope};

    switch (type) {
    case TIPC_ADDR_NAMESEQ:
        t.addr.nameseq.type = a;
        t.addr.nameseq.lower = b;
        t.addr.nameseq.upper = c;
        break;
    case TIPC_ADDR_NAME:
        t.addr.name.name.type = a;
        t.addr.name.name.instance = b;
        t.addr.name.domain = c;
        break;
    case TIPC_ADDR_ID:
        t.addr.id.node = a;
        t.addr.id.ref = b;
        break;
    default:
        return -EINVAL;
    }
    addr_clear(ret_addr, AF_TIPC, sizeof t);
    memcpy(ADDR_TIPC(ret_addr), &t, sizeof t);
    return 0;
}

/* The shortest sockaddr that holds everything its family needs. */
static size_t addr_min(int family)
{
    switch (family) {
    case AF_INET:
        return sizeof(struct sockaddr_in);
    case AF_INET6:
        return ADDR_IN6_MIN;
    case AF_NETLINK:
        return sizeof(struct sockaddr_nl);
    case AF_PACKET:
        return offsetof(struct sockaddr_ll, sll_addr);
    case AF_VSOCK:
        return sizeof(struct sockaddr_vm);
    case AF_TIPC:
        return sizeof(struct sockaddr_tipc);
    default:
        return sizeof(sa_family_t);
    }
}

int plug_addr_from_sockaddr(const struct sockaddr *sa, socklen_t len, struct plug_addr *ret_addr)
{
    struct plug_addr a = {0};

    if (len == 0) { /* recvmsg(2) says "no address" like this */
        *ret_addr = a;
        return 0;
    }
    if (len < sizeof(sa_family_t) || len > sizeof a.ss)
        return -EINVAL;
    memcpy(&a.ss, sa, len);
    a.len = len;
    if (len < addr_min(a.sa.sa_family))
        return -EINVAL;
    if (a.sa.sa_family == AF_INET)
        a.len = sizeof(struct sockaddr_in);
    else if (a.sa.sa_family == AF_INET6)
        a.len = sizeof(struct sockaddr_in6);
    *ret_addr = a;
    return 0;
}

/* --- parts ------------------------------------------------------------------------------ */

int plug_addr_family(const struct plug_addr *a)
{
    return a->sa.sa_family;
}

uint16_t plug_addr_port(const struct plug_addr *a)
{
    switch (a->sa.sa_family) {
    case AF_INET:
        return ntohs(ADDR_IN(a)->sin_port);
    case AF_INET6:
        return ntohs(ADDR_IN6(a)->sin6_port);
    default:
        return 0;
    }
}

int plug_addr_set_port(struct plug_addr *a, uint16_t port)
{
    switch (a->sa.sa_family) {
    case AF_INET:
        ADDR_IN(a)->sin_port = htons(port);
        return 0;
    case AF_INET6:
        ADDR_IN6(a)->sin6_port = htons(port);
        return 0;
    default:
        return -EAFNOSUPPORT;
    }
}

/* Bytes of the name: all of an abstract one, a path up to its NUL (the kernel may add none). */
static size_t addr_unix_len(const struct plug_addr *a)
{
    size_t len = a->len <= sizeof a->ss ? a->len : sizeof a->ss;

    if (len <= ADDR_UNIX_AT)
        return 0;
    len -= ADDR_UNIX_AT;
    return ADDR_UN(a)->sun_path[0] == '\0' ? len : strnlen(ADDR_UN(a)->sun_path, len);
}

static size_t addr_packet_len(const struct plug_addr *a)
{
    size_t room = sizeof a->ss - offsetof(struct sockaddr_ll, sll_addr);

    return ADDR_LL(a)->sll_halen < room ? ADDR_LL(a)->sll_halen : room;
}

const void *plug_addr_bytes(const struct plug_addr *a, size_t *ret_len)
{
    const void *bytes = NULL;
    size_t len = 0;

    switch (a->sa.sa_family) {
    case AF_INET:
        bytes = &ADDR_IN(a)->sin_addr;
        len = 4;
        break;
    case AF_INET6:
        bytes = &ADDR_IN6(a)->sin6_addr;
        len = 16;
        break;
    case AF_UNIX:
        bytes = ADDR_UN(a)->sun_path;
        len = addr_unix_len(a);
        break;
    case AF_PACKET:
        bytes = ADDR_LL(a)->sll_addr;
        len = addr_packet_len(a);
        break;
    default:
        break;
    }
    if (ret_len)
        *ret_len = len;
    return bytes;
}

static size_t addr_tipc_numbers(const struct sockaddr_tipc *t, int64_t *n)
{
    n[0] = t->addrtype;
    n[1] = t->scope;
    switch (t->addrtype) {
    case TIPC_ADDR_NAMESEQ:
        n[2] = t->addr.nameseq.type;
        n[3] = t->addr.nameseq.lower;
        n[4] = t->addr.nameseq.upper;
        return 5;
    case TIPC_ADDR_NAME:
        n[2] = t->addr.name.name.type;
        n[3] = t->addr.name.name.instance;
        n[4] = t->addr.name.domain;
        return 5;
    case TIPC_ADDR_ID:
        n[2] = t->addr.id.node;
        n[3] = t->addr.id.ref;
        return 4;
    default:
        return 2;
    }
}

size_t plug_addr_numbers(const struct plug_addr *a, int64_t ret_number[PLUG_ADDR_NUMBERS])
{
    switch (a->sa.sa_family) {
    case AF_NETLINK:
        ret_number[0] = ADDR_NL(a)->nl_pid;
        ret_number[1] = ADDR_NL(a)->nl_groups;
        return 2;
    case AF_PACKET:
        ret_number[0] = ADDR_LL(a)->sll_ifindex;
        ret_number[1] = ntohs(ADDR_LL(a)->sll_protocol);
        ret_number[2] = ADDR_LL(a)->sll_pkttype;
        ret_number[3] = ADDR_LL(a)->sll_hatype;
        return 4;
    case AF_VSOCK:
        ret_number[0] = ADDR_VM(a)->svm_cid;
        ret_number[1] = ADDR_VM(a)->svm_port;
        return 2;
    case AF_TIPC:
        return addr_tipc_numbers(ADDR_TIPC(a), ret_number);
    default:
        return 0;
    }
}

uint32_t plug_addr_flowinfo(const struct plug_addr *a)
{
    return a->sa.sa_family == AF_INET6 ? ntohl(ADDR_IN6(a)->sin6_flowinfo) & ADDR_FLOWINFO_MAX : 0;
}

uint32_t plug_addr_scope(const struct plug_addr *a)
{
    return a->sa.sa_family == AF_INET6 ? ADDR_IN6(a)->sin6_scope_id : 0;
}
