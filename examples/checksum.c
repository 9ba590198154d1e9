/* SPDX-License-Identifier: MIT */
/*
 * Shows    the Internet checksum: verify a header, fill one in, change a field without reading
 *          the rest, and the running form with a pseudo-header for UDP
 * Needs    nothing
 * Run      checksum [HEX]      the IPv4 header to look at
 * Try with checksum 450000543f7440004001fd327f0000017f000001
 */
#include <plug.h>
#include <stdio.h>

/* A router's work: one hop less. TTL and protocol share a 16-bit field. */
static void forward(uint8_t *ip)
{
    uint16_t was = plug_get_be16(ip + 8);
    ip[8]--;
    plug_put_be16(ip + 10,
                  plug_checksum_update16(plug_get_be16(ip + 10), was, plug_get_be16(ip + 8)));
}

/* Of a UDP datagram whose checksum field is 0, between two IPv4 addresses. */
static uint16_t udp_checksum(const uint8_t from[4], const uint8_t to[4], const uint8_t *udp,
                             uint16_t len)
{
    struct plug_checksum c = {0};
    plug_checksum_add(&c, from, 4);
    plug_checksum_add(&c, to, 4);
    plug_checksum_add16(&c, IPPROTO_UDP);
    plug_checksum_add16(&c, len);
    plug_checksum_add(&c, udp, len);
    return plug_checksum_udp(plug_checksum_finish(&c));
}

int main(int argc, char **argv)
{
    const char *text = argc > 1 ? argv[1] : "45000073000040004011b861c0a80001c0a800c7";
    uint8_t ip[60], udp[8 + 5] = {0x30, 0x39, 0, 7, 0, 13, 0, 0, 'h', 'e', 'l', 'l', 'o'};
    size_t where = 0;
    ssize_t len = plug_hex_decode(text, strlen(text), 0, ip, sizeof ip, &where);
    if (len < 20 || ip[0] >> 4 != 4 || (ip[0] & 15) < 5 || len < 4 * (ip[0] & 15)) {
        fprintf(stderr, "checksum: %s at offset %zu: not an IPv4 header in hexadecimal\n",
                len < 0 ? plug_strerror((int)len) : "too short", len < 0 ? where : strlen(text));
        return 2;
    }
    size_t n = 4u * (ip[0] & 15);
    bool right = plug_checksum(ip, n) == 0;
    printf("received  0x%04x  %s\n", plug_get_be16(ip + 10), right ? "right" : "wrong");
    plug_put_be16(ip + 10, 0);
    plug_put_be16(ip + 10, plug_checksum(ip, n));
    printf("computed  0x%04x\n", plug_get_be16(ip + 10));
    forward(ip);
    printf("forwarded 0x%04x  TTL %u, %s\n", plug_get_be16(ip + 10), ip[8],
           plug_checksum(ip, n) == 0 ? "still right" : "wrong");
    printf("udp       0x%04x  of \"hello\" with these addresses\n",
           udp_checksum(ip + 12, ip + 16, udp, sizeof udp));
    return !right;
}
