/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target over its corpus without a fuzzer, so that gcc, valgrind and other machines run
 * it too: each file, each of its prefixes, and each with one byte changed. Files that end in .hex
 * hold hexadecimal text, others are taken as they are. Without arguments: the corpus of the source
 * tree.
 */
#include "fuzz.h"
#include <dirent.h>
#include <plug/hex.h>
#include <sys/stat.h>

#define FILE_MOST 65536
#define FILES     4096

static char *paths[FILES];
static size_t path_count;

static void add(const char *path)
{
    struct stat st;
    struct dirent *e;
    char inner[1024];

    FUZZ_CHECK(path_count < FILES);
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        FUZZ_CHECK((paths[path_count++] = strdup(path)) != NULL);
        return;
    }
    DIR *dir = opendir(path);
    while (dir && (e = readdir(dir))) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, e->d_name);
        add(inner);
    }
    if (dir)
        closedir(dir);
}

/* gives *ret_bytes (free) */
static size_t load(const char *path, uint8_t **ret_bytes)
{
    char *text = malloc(FILE_MOST);
    FILE *file = fopen(path, "rb");
    size_t len = strlen(path), n, where = 0;

    if (!text || !file) {
        perror(path);
        exit(2);
    }
    n = fread(text, 1, FILE_MOST, file);
    fclose(file);
    if (len > 4 && strcmp(path + len - 4, ".hex") == 0) {
        ssize_t m = plug_hex_decode(text, n, PLUG_HEX_SPACE, text, n, &where);
        if (m < 0) {
            fprintf(stderr, "%s: not hexadecimal at offset %zu\n", path, where);
            exit(2);
        }
        n = (size_t)m;
    }
    *ret_bytes = (uint8_t *)text;
    return n;
}

/* A copy of exactly this length, so that a byte too many is noticed. */
static void run(const uint8_t *bytes, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);
    FUZZ_CHECK(copy != NULL);
    memcpy(copy, bytes, n);
    LLVMFuzzerTestOneInput(copy, n);
    free(copy);
}

static void run_file(const char *path)
{
    static const uint8_t changes[] = {0x01, 0x80, 0xff, 0x20, 0x10};
    uint8_t *bytes;
    size_t n = load(path, &bytes);

    for (size_t prefix = 0; prefix <= n; prefix++)
        run(bytes, prefix);
    for (size_t i = 0; i < n; i++) {
        uint8_t change = changes[i % sizeof changes];
        bytes[i] ^= change;
        run(bytes, n);
        bytes[i] ^= change;
    }
    free(bytes);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        add(argv[i]);
    if (argc < 2)
        add(FUZZ_CORPUS);
    printf("1..%zu\n", path_count);
    for (size_t i = 0; i < path_count; i++) {
        const char *name = strrchr(paths[i], '/');
        run_file(paths[i]);
        printf("ok %zu - %s\n", i + 1, name ? name + 1 : paths[i]);
        free(paths[i]);
    }
    return 0;
}
