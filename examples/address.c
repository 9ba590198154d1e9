/* SPDX-License-Identifier: MIT */
/*
 * Shows    address values: strict text in, canonical text out, packed bytes, classes, comparing
 * Needs    nothing: no name is looked up
 * Run      address [TEXT...]
 * Try with address 192.168.1.1 '[2001:DB8:0:0::1]:80' ::ffff:127.0.0.1 127.1
 */
#include <plug.h>
#include <stdio.h>

static int show(const char *text)
{
    struct plug_addr a;
    char canonical[PLUG_ADDR_TEXT], hex[33];
    size_t len;
    int err = plug_addr_parse(text, &a);
    if (err < 0) {
        fprintf(stderr, "address: %s: %s\n", text, plug_strerror(err));
        return err;
    }
    const void *bytes = plug_addr_bytes(&a, &len);
    plug_hex_encode(bytes, len, hex, sizeof hex);
    plug_addr_text(&a, canonical, sizeof canonical);
    printf("Original: %s\n", canonical);
    printf("Packed  : %s\n", hex);
    printf("Class   : %s", plug_addr_class_name(plug_addr_class(&a)));
    if (plug_addr_unmap(&a)) /* IPv4 inside IPv6: judge what is inside */
        printf(", inside it %s", plug_addr_class_name(plug_addr_class(&a)));
    printf("\nPort    : %u\n\n", plug_addr_port(&a));
    return 0;
}

int main(int argc, char **argv)
{
    static const char *const some[] = {"192.168.1.1", "127.0.0.1:80", "::ffff:10.0.0.1",
                                       "2002:ac10:10a:1234:21e:52ff:fe74:40e"};
    int failed = 0;
    for (int i = 1; i < argc; i++)
        failed |= show(argv[i]) < 0;
    for (size_t i = 0; argc == 1 && i < sizeof some / sizeof *some; i++)
        failed |= show(some[i]) < 0;
    return failed;
}
