/* SPDX-License-Identifier: MIT */
/* Addresses: text that is taken comes back; inet_pton(3) and inet_aton(3) of the system agree. */
#include "fuzz.h"
#include <arpa/inet.h>
#include <plug/addr.h>
#include <plug/err.h>

static void same_text(const struct plug_addr *a)
{
    struct plug_addr b;
    char text[PLUG_ADDR_TEXT], again[PLUG_ADDR_TEXT];
    size_t n = plug_addr_text(a, text, sizeof text);

    FUZZ_CHECK(n < sizeof text && strlen(text) == n);
    FUZZ_CHECK(plug_addr_host_text(a, again, sizeof again) <= n);
    if (plug_addr_family(a) != AF_INET && plug_addr_family(a) != AF_INET6)
        return;
    FUZZ_CHECK(plug_addr_parse(text, &b) == 0);
    FUZZ_CHECK(plug_addr_equal(a, &b) && plug_addr_compare(a, &b) == 0);
    FUZZ_CHECK(plug_addr_hash(a) == plug_addr_hash(&b));
    FUZZ_CHECK(plug_addr_same_host(a, &b));
    FUZZ_CHECK(plug_addr_class(a) == plug_addr_class(&b));
    plug_addr_text(&b, again, sizeof again);
    FUZZ_CHECK(strcmp(text, again) == 0);
    if (plug_addr_map(&b))
        FUZZ_CHECK(plug_addr_same_host(a, &b) && plug_addr_unmap(&b) && plug_addr_equal(a, &b));
}

static void parse(const char *text)
{
    struct plug_addr a;
    int r = plug_addr_parse(text, &a);

    FUZZ_CHECK(r == 0 || r == PLUG_EADDR || r == PLUG_EPORT || r == PLUG_ESCOPE);
    if (r == 0)
        same_text(&a);
    r = plug_addr_parse_ip(text, AF_UNSPEC, 80, &a);
    FUZZ_CHECK(r == 0 || r == PLUG_EADDR || r == PLUG_ESCOPE);
    if (r == 0) {
        FUZZ_CHECK(plug_addr_port(&a) == 80);
        same_text(&a);
    }
}

static void as_the_system(const char *text, int family, size_t len)
{
    uint8_t got[16] = {0}, want[16] = {0};
    char back[64], system_back[64];
    bool ok = inet_pton(family, text, want) == 1;

    FUZZ_CHECK(plug_inet_pton(family, text, got, len) == (ok ? 0 : PLUG_EADDR));
    FUZZ_CHECK(memcmp(got, want, 16) == 0);
    if (!ok)
        return;
    int n = plug_inet_ntop(family, want, len, back, sizeof back);
    FUZZ_CHECK(n > 0 && strlen(back) == (size_t)n);
    FUZZ_CHECK(inet_pton(family, back, got) == 1 && memcmp(got, want, 16) == 0);
    FUZZ_CHECK(plug_inet_ntop(family, want, len, back, (size_t)n) == -ENOSPC);
    if (family == AF_INET)
        FUZZ_CHECK(strcmp(back, inet_ntop(family, want, system_back, sizeof system_back)) == 0);
}

static void aton(const char *text)
{
    uint8_t got[4] = {0};
    struct in_addr want = {0};
    bool ok = inet_aton(text, &want);

    FUZZ_CHECK(plug_inet_aton(text, got) == (ok ? 0 : PLUG_EADDR));
    FUZZ_CHECK(!ok || memcmp(got, &want, 4) == 0);
}

/* Any sockaddr a kernel or a stranger might hand us. */
static void from_sockaddr(const uint8_t *data, size_t size)
{
    static const uint16_t families[] = {AF_UNSPEC, AF_INET,  AF_INET6, AF_UNIX, AF_NETLINK,
                                        AF_PACKET, AF_VSOCK, AF_TIPC,  77};
    struct sockaddr_storage ss = {0};
    struct plug_addr a;
    char text[PLUG_ADDR_TEXT];
    int64_t numbers[PLUG_ADDR_NUMBERS];

    if (size > sizeof ss)
        size = sizeof ss;
    memcpy(&ss, data, size);
    if (size >= 2)
        ss.ss_family = families[data[0] % 9];
    if (plug_addr_from_sockaddr((struct sockaddr *)&ss, (socklen_t)size, &a) != 0)
        return;
    FUZZ_CHECK(a.len <= sizeof ss);
    FUZZ_CHECK(plug_addr_equal(&a, &a) && plug_addr_compare(&a, &a) == 0);
    FUZZ_CHECK(plug_addr_text(&a, text, sizeof text) < sizeof text);
    FUZZ_CHECK(plug_addr_numbers(&a, numbers) <= PLUG_ADDR_NUMBERS);
    FUZZ_CHECK(plug_addr_class_name(plug_addr_class(&a)) != NULL);
    same_text(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t what = fuzz_choice(&data, &size) % 5;
    char *text = fuzz_text(data, size);

    switch (what) {
    case 0:
        parse(text);
        break;
    case 1:
        as_the_system(text, AF_INET, 4);
        break;
    case 2:
        as_the_system(text, AF_INET6, 16);
        break;
    case 3:
        aton(text);
        break;
    default:
        from_sockaddr(data, size);
    }
    free(text);
    return 0;
}
