/* SPDX-License-Identifier: MIT */
/*
 * Shows    a packet written as text: built, checked, drawn as in its RFCs with the values in it,
 *          and turned back into text
 * Needs    nothing: the packet is not sent
 * Run      packet [SPEC]
 * Try with packet 'ip(dst=192.0.2.1,ttl=3)/udp(checksum=0xdead)/"hi"'
 */
#include <plug.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    const char *spec = argc > 1 ? argv[1] : "ip(dst=192.0.2.1)/tcp(flags=S,options=[mss=1460])";
    static uint8_t bytes[PLUG_PACKET_MAX];
    static char text[65536];
    struct plug_packet_error error;
    struct plug_packet packet;
    ssize_t n = plug_packet_build(spec, NULL, bytes, sizeof bytes, &error);
    int r;

    if (n < 0) {
        fprintf(stderr, "packet: column %zu: %s\n", error.column, error.what);
        return 1;
    }
    r = plug_packet_parse(PLUG_PACKET_NONE, bytes, (size_t)n, &packet);
    if (r < 0) {
        fprintf(stderr, "packet: %s\n", plug_strerror(r));
        return 1;
    }
    for (unsigned i = 0; i < packet.count; i++) {
        struct plug_packet_field sum;
        plug_packet_diagram(&packet, i, 80, text, sizeof text);
        printf("%s\n%s\n", plug_packet_proto_name(packet.layers[i].proto), text);
        if (plug_packet_field_find(&packet, i, "checksum", &sum)) {
            plug_packet_field_text(&sum, text, sizeof text);
            printf("checksum: %s\n\n", text);
        }
    }
    plug_packet_text(&packet, text, sizeof text);
    return printf("%s\n", text) < 0;
}
