/* SPDX-License-Identifier: MIT */
/* Names of ICMP types and codes, after IANA's registries. */
#include <errno.h>
#include <netinet/in.h>
#include <plug/icmp.h>
#include <string.h>

#define TYPE (-1) /* in place of a code: the name of the type itself */

struct name {
    uint8_t type;
    int16_t code;
    const char *text;
};

static const struct name names4[] = {
    {0, TYPE, "echo-reply"},
    {3, TYPE, "destination-unreachable"},
    {3, 0, "net-unreachable"},
    {3, 1, "host-unreachable"},
    {3, 2, "protocol-unreachable"},
    {3, 3, "port-unreachable"},
    {3, 4, "fragmentation-needed"},
    {3, 5, "source-route-failed"},
    {3, 6, "net-unknown"},
    {3, 7, "host-unknown"},
    {3, 8, "source-host-isolated"},
    {3, 9, "net-prohibited"},
    {3, 10, "host-prohibited"},
    {3, 11, "net-unreachable-for-tos"},
    {3, 12, "host-unreachable-for-tos"},
    {3, 13, "communication-prohibited"},
    {3, 14, "host-precedence-violation"},
    {3, 15, "precedence-cutoff"},
    {4, TYPE, "source-quench"},
    {5, TYPE, "redirect"},
    {5, 0, "net-redirect"},
    {5, 1, "host-redirect"},
    {5, 2, "tos-net-redirect"},
    {5, 3, "tos-host-redirect"},
    {6, TYPE, "alternate-host-address"},
    {8, TYPE, "echo-request"},
    {9, TYPE, "router-advertisement"},
    {9, 0, "normal"},
    {9, 16, "no-common-traffic"},
    {10, TYPE, "router-solicitation"},
    {11, TYPE, "time-exceeded"},
    {11, 0, "ttl-exceeded"},
    {11, 1, "reassembly-timeout"},
    {12, TYPE, "parameter-problem"},
    {12, 0, "pointer"},
    {12, 1, "missing-option"},
    {12, 2, "bad-length"},
    {13, TYPE, "timestamp-request"},
    {14, TYPE, "timestamp-reply"},
    {15, TYPE, "information-request"},
    {16, TYPE, "information-reply"},
    {17, TYPE, "address-mask-request"},
    {18, TYPE, "address-mask-reply"},
    {30, TYPE, "traceroute"},
    {31, TYPE, "conversion-error"},
    {32, TYPE, "mobile-host-redirect"},
    {33, TYPE, "where-are-you"},
    {34, TYPE, "i-am-here"},
    {35, TYPE, "mobile-registration-request"},
    {36, TYPE, "mobile-registration-reply"},
    {37, TYPE, "domain-name-request"},
    {38, TYPE, "domain-name-reply"},
    {39, TYPE, "skip"},
    {40, TYPE, "photuris"},
    {40, 0, "bad-spi"},
    {40, 1, "authentication-failed"},
    {40, 2, "decompression-failed"},
    {40, 3, "decryption-failed"},
    {40, 4, "need-authentication"},
    {40, 5, "need-authorization"},
    {41, TYPE, "experimental-mobility"},
    {42, TYPE, "extended-echo-request"},
    {43, TYPE, "extended-echo-reply"},
    {43, 0, "no-error"},
    {43, 1, "malformed-query"},
    {43, 2, "no-such-interface"},
    {43, 3, "no-such-table-entry"},
    {43, 4, "multiple-interfaces"},
    {253, TYPE, "experiment-1"},
    {254, TYPE, "experiment-2"},
};

static const struct name names6[] = {
    {1, TYPE, "destination-unreachable"},
    {1, 0, "no-route"},
    {1, 1, "admin-prohibited"},
    {1, 2, "beyond-scope"},
    {1, 3, "address-unreachable"},
    {1, 4, "port-unreachable"},
    {1, 5, "source-policy-failed"},
    {1, 6, "reject-route"},
    {1, 7, "source-routing-error"},
    {1, 8, "headers-too-long"},
    {2, TYPE, "packet-too-big"},
    {3, TYPE, "time-exceeded"},
    {3, 0, "hop-limit-exceeded"},
    {3, 1, "reassembly-timeout"},
    {4, TYPE, "parameter-problem"},
    {4, 0, "erroneous-header"},
    {4, 1, "unknown-next-header"},
    {4, 2, "unknown-option"},
    {4, 3, "incomplete-first-fragment"},
    {4, 4, "sr-upper-layer-error"},
    {4, 5, "unknown-next-header-at-router"},
    {4, 6, "extension-header-too-big"},
    {4, 7, "extension-header-chain-too-long"},
    {4, 8, "too-many-extension-headers"},
    {4, 9, "too-many-options"},
    {4, 10, "option-too-big"},
    {100, TYPE, "experiment-1"},
    {101, TYPE, "experiment-2"},
    {128, TYPE, "echo-request"},
    {129, TYPE, "echo-reply"},
    {130, TYPE, "multicast-listener-query"},
    {131, TYPE, "multicast-listener-report"},
    {132, TYPE, "multicast-listener-done"},
    {133, TYPE, "router-solicitation"},
    {134, TYPE, "router-advertisement"},
    {135, TYPE, "neighbor-solicitation"},
    {136, TYPE, "neighbor-advertisement"},
    {137, TYPE, "redirect"},
    {138, TYPE, "router-renumbering"},
    {138, 0, "command"},
    {138, 1, "result"},
    {138, 255, "sequence-number-reset"},
    {139, TYPE, "node-information-query"},
    {139, 0, "ipv6-address"},
    {139, 1, "name"},
    {139, 2, "ipv4-address"},
    {140, TYPE, "node-information-response"},
    {140, 0, "success"},
    {140, 1, "refused"},
    {140, 2, "unknown-query-type"},
    {141, TYPE, "inverse-neighbor-solicitation"},
    {142, TYPE, "inverse-neighbor-advertisement"},
    {143, TYPE, "multicast-listener-report-v2"},
    {144, TYPE, "home-agent-discovery-request"},
    {145, TYPE, "home-agent-discovery-reply"},
    {146, TYPE, "mobile-prefix-solicitation"},
    {147, TYPE, "mobile-prefix-advertisement"},
    {148, TYPE, "certification-path-solicitation"},
    {149, TYPE, "certification-path-advertisement"},
    {150, TYPE, "experimental-mobility"},
    {151, TYPE, "multicast-router-advertisement"},
    {152, TYPE, "multicast-router-solicitation"},
    {153, TYPE, "multicast-router-termination"},
    {154, TYPE, "fast-handover"},
    {155, TYPE, "rpl-control"},
    {156, TYPE, "ilnp-locator-update"},
    {157, TYPE, "duplicate-address-request"},
    {158, TYPE, "duplicate-address-confirmation"},
    {159, TYPE, "mpl-control"},
    {160, TYPE, "extended-echo-request"},
    {161, TYPE, "extended-echo-reply"},
    {161, 0, "no-error"},
    {161, 1, "malformed-query"},
    {161, 2, "no-such-interface"},
    {161, 3, "no-such-table-entry"},
    {161, 4, "multiple-interfaces"},
    {200, TYPE, "experiment-3"},
    {201, TYPE, "experiment-4"},
};

/* The names of a family, and how many. */
static const struct name *names_of(int family, size_t *ret_count)
{
    bool four = family == AF_INET, six = family == AF_INET6;

    *ret_count = four ? sizeof names4 / sizeof *names4 : six ? sizeof names6 / sizeof *names6 : 0;
    return four ? names4 : names6;
}

static const char *name_of(int family, uint8_t type, int code)
{
    size_t count;
    const struct name *n = names_of(family, &count);

    for (size_t i = 0; i < count; i++)
        if (n[i].type == type && n[i].code == code)
            return n[i].text;
    return NULL;
}

const char *plug_icmp_type_name(int family, uint8_t type)
{
    return name_of(family, type, TYPE);
}

const char *plug_icmp_code_name(int family, uint8_t type, uint8_t code)
{
    return name_of(family, type, code);
}

int plug_icmp_type_value(int family, const char *name)
{
    size_t count;
    const struct name *n = names_of(family, &count);

    for (size_t i = 0; i < count; i++)
        if (n[i].code == TYPE && strcmp(n[i].text, name) == 0)
            return n[i].type;
    return -EINVAL;
}

int plug_icmp_code_value(int family, uint8_t type, const char *name)
{
    size_t count;
    const struct name *n = names_of(family, &count);

    for (size_t i = 0; i < count; i++)
        if (n[i].type == type && n[i].code != TYPE && strcmp(n[i].text, name) == 0)
            return n[i].code;
    return -EINVAL;
}
