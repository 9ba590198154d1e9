/* SPDX-License-Identifier: MIT */
/*
 * Shows    a packet made by hand: headers of IPv4 and TCP as structs, in which only what matters
 *          is filled in; lengths, offsets and both checksums are computed. Then they are verified.
 * Needs    nothing: the packet is printed, not sent
 * Run      syn [SOURCE [TARGET]]      addresses of IPv4
 * Try with syn | xxd -r -p | xxd             or any decoder that reads hexadecimal
 */
#include <plug.h>
#include <netinet/in.h>
#include <stdio.h>

static bool address(const char *text, uint8_t bytes[4])
{
    int r = plug_inet_pton(AF_INET, text, bytes, 4);
    if (r < 0)
        fprintf(stderr, "syn: %s: not an IPv4 address\n", text);
    return r >= 0;
}

int main(int argc, char **argv)
{
    struct plug_ip4 ip = {.ttl = 64, .protocol = IPPROTO_TCP, .id = 0x1c46};
    struct plug_tcp_options o = {.has_mss = true, .mss = 1460, .sack_permitted = true};
    struct plug_pseudo pseudo;
    uint8_t packet[60], options[PLUG_OPTIONS_MAX];
    char hex[2 * sizeof packet + 1];

    if (!address(argc > 1 ? argv[1] : "192.0.2.1", ip.src) ||
        !address(argc > 2 ? argv[2] : "198.51.100.2", ip.dst))
        return 2;
    plug_pseudo_ip4(&ip, &pseudo);
    int n = plug_tcp_options_build(&o, options, sizeof options);
    struct plug_tcp tcp = {.sport = 40000,
                           .dport = 80,
                           .seq = 0x01020304, /* a real one is random */
                           .flags = PLUG_TCP_SYN,
                           .window = 64240,
                           .options = options,
                           .options_len = (size_t)n};
    int head = plug_ip4_build(&ip, PLUG_TCP_LEN + (size_t)n, packet, sizeof packet);
    int rest = plug_tcp_build(&tcp, &pseudo, NULL, 0, packet + head, sizeof packet - (size_t)head);
    if (n < 0 || head < 0 || rest < 0) {
        fprintf(stderr, "syn: %s\n", plug_strerror(n < 0 ? n : head < 0 ? head : rest));
        return 2;
    }
    plug_hex_encode(packet, (size_t)(head + rest), hex, sizeof hex);
    puts(hex);
    return plug_ip4_verify(packet, (size_t)(head + rest), NULL) != 1 ||
           plug_tcp_verify(&pseudo, packet + head, (size_t)rest, NULL) != 1;
}
