/* SPDX-License-Identifier: MIT */
/* The fake DNS server as a program, for tests of command lines: fake_dns ADDRESS [PORT]. Prints the
 * port, serves until stdin ends. */
#include "fake_dns.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct fake_dns d;
    char c;

    if (argc < 2 || fake_dns_open(&d, argv[1], (uint16_t)(argc > 2 ? atoi(argv[2]) : 0)) < 0) {
        perror("fake_dns");
        return 1;
    }
    printf("%u\n", d.port);
    fflush(stdout);
    while (read(0, &c, 1) > 0)
        continue;
    fake_dns_close(&d);
    return 0;
}
