/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Owns reading .dts files: dtc compiles them, and a second run of dtc with --annotate tells the
 * line of every node and property, so that later errors can name it without a parser of our own.
 */
#include "source.h"

#include <errno.h>
#include <libfdt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH_BYTES 512

struct source_place {
    char *name; /* node path, or node path ':' property */
    char *file; /* as dtc names it: without the folder of the file that includes it */
    unsigned line;
};

static void *must(void *memory)
{
    if (!memory) {
        fputs("bn-scenario: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

/* All of a stream, with a zero after it. */
static char *read_all(FILE *in, size_t *bytes)
{
    size_t room = 65536, used = 0, got;
    char *text = must(malloc(room + 1));

    while ((got = fread(text + used, 1, room - used, in)) > 0) {
        used += got;
        if (used == room)
            text = must(realloc(text, (room *= 2) + 1));
    }
    text[used] = 0;
    *bytes = used;
    return text;
}

/* What `dtc args... file` writes to its standard output; null after saying so if it fails. */
static char *run_dtc(const char *file, const char *format, const char *option, size_t *bytes)
{
    int ends[2], status = 0;

    if (pipe(ends) != 0) {
        perror("bn-scenario: pipe");
        return NULL;
    }
    pid_t child = fork();
    if (child < 0) {
        perror("bn-scenario: fork");
        return NULL;
    }
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execlp("dtc", "dtc", "-I", "dts", "-O", format, option, "--", file, (char *)NULL);
        fprintf(stderr,
                "bn-scenario: cannot run dtc: %s\n    remedy: install device-tree-compiler\n",
                strerror(errno));
        _exit(127);
    }
    close(ends[1]);
    FILE *in = must(fdopen(ends[0], "r"));
    char *text = read_all(in, bytes);

    fclose(in);
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* The last of several places in a comment such as "file.dts:12:3-20:5". */
static const char *last_place(const char *comment)
{
    const char *last = comment, *comma;

    while ((comma = strstr(last, ", ")) != NULL)
        last = comma + 2;
    return last;
}

static void add_place(struct source *source, const char *path, const char *member,
                      const char *comment)
{
    if (source->place_count == source->place_room) {
        source->place_room = source->place_room ? source->place_room * 2 : 128;
        source->places =
            must(realloc(source->places, source->place_room * sizeof(*source->places)));
    }
    struct source_place *place = &source->places[source->place_count++];
    size_t bytes = strlen(path) + strlen(member) + 2;

    place->name = must(malloc(bytes));
    snprintf(place->name, bytes, *member ? "%s:%s" : "%s%s", path, member);
    const char *at = last_place(comment), *colon = strchr(at, ':');

    place->file = must(strndup(at, colon ? (size_t)(colon - at) : 0));
    place->line = colon ? (unsigned)strtoul(colon + 1, NULL, 10) : 0;
}

/*
 * One line of dtc's annotated output: "label: name { comment", "name = value; comment" or "};
 * comment". `path` is the node that the line stands in.
 */
static void read_line(struct source *source, char *text, char *path)
{
    char *comment = NULL;

    text += strspn(text, "\t ");
    for (char *next = strstr(text, "/* "); next; next = strstr(next + 1, "/* "))
        comment = next;
    if (comment) {
        *comment = 0;
        comment += 3;
    }
    size_t end = strlen(text);
    while (end && (text[end - 1] == ' ' || text[end - 1] == '\r'))
        text[--end] = 0;
    if (strncmp(text, "};", 2) == 0) {
        char *slash = strrchr(path, '/');

        if (slash)
            slash[slash == path && path[1] ? 1 : 0] = 0;
        return;
    }
    bool node = end && text[end - 1] == '{';
    for (char *label = strstr(text, ": "); label && !memchr(text, '"', (size_t)(label - text));
         label = strstr(text, ": "))
        text = label + 2;
    size_t name = strcspn(text, node ? " " : " =;");
    if (name == 0 || name >= PATH_BYTES)
        return;
    text[name] = 0;
    if (!node) {
        add_place(source, path, text, comment ? comment : "");
        return;
    }
    size_t at = strlen(path);
    snprintf(path + at, PATH_BYTES - at, "%s%s", at > 1 ? "/" : "",
             strcmp(text, "/") ? text
             : at              ? ""
                               : "/");
    add_place(source, path, "", comment ? comment : "");
}

static void read_places(struct source *source, char *annotated)
{
    char path[PATH_BYTES] = "", *next = annotated;

    for (char *line = annotated; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = 0;
        if (line[0] && line[0] != '/') /* "/dts-v1/;" has nothing to tell, "/ {" is handled below */
            read_line(source, line, path);
        else if (strncmp(line, "/ {", 3) == 0)
            read_line(source, line, path);
    }
}

static int check_tree(struct source *source, size_t bytes)
{
    int error =
        bytes < sizeof(struct fdt_header) ? -FDT_ERR_TRUNCATED : fdt_check_full(source->fdt, bytes);

    if (error)
        fprintf(source->errors,
                "%s: not a device tree: %s\n    remedy: give a .dts, or what dtc made of one\n",
                source->file, fdt_strerror(error));
    return error ? -1 : 0;
}

int source_load(struct source *source, const char *file)
{
    size_t bytes = 0, ignored;
    FILE *in = fopen(file, "rb");

    *source = (struct source){.file = file, .errors = stderr};
    if (!in) {
        fprintf(source->errors, "%s: cannot read: %s\n", file, strerror(errno));
        return -1;
    }
    source->fdt = read_all(in, &bytes);
    fclose(in);
    if (bytes >= 4 && fdt_magic(source->fdt) == FDT_MAGIC)
        return check_tree(source, bytes);
    free(source->fdt);
    source->fdt = run_dtc(file, "dtb", "-@", &bytes);
    if (!source->fdt || check_tree(source, bytes) != 0)
        return -1;
    char *annotated = run_dtc(file, "dts", "-T", &ignored);
    if (!annotated)
        return -1;
    read_places(source, annotated);
    free(annotated);
    return 0;
}

void source_finish(struct source *source)
{
    for (size_t i = 0; i < source->place_count; i++) {
        free(source->places[i].name);
        free(source->places[i].file);
    }
    free(source->places);
    free(source->fdt);
}

static const struct source_place *find_place(const struct source *source, const char *name)
{
    for (size_t i = 0; i < source->place_count; i++)
        if (strcmp(source->places[i].name, name) == 0 && source->places[i].line)
            return &source->places[i];
    return NULL;
}

unsigned source_line(const struct source *source, const char *path, const char *member,
                     const char **file)
{
    const char *own = strrchr(source->file, '/');
    const struct source_place *place = NULL;
    char name[PATH_BYTES * 2];

    if (*member) {
        snprintf(name, sizeof(name), "%s:%s", path, member);
        place = find_place(source, name);
    }
    snprintf(name, sizeof(name), "%s", path);
    while (!place) {
        place = find_place(source, *name ? name : "/");
        char *slash = strrchr(name, '/');

        if (!slash || !*name || strcmp(name, "/") == 0)
            break;
        slash[slash == name ? 1 : 0] = 0;
    }
    *file = place && strcmp(place->file, own ? own + 1 : source->file) != 0 ? place->file
                                                                            : source->file;
    return place ? place->line : 0;
}
