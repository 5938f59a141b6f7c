/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the command line. */
#include "device/arguments.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/card.h"
#include "display/include/display.h"

static const char usage[] =
    "usage: binnacle-audio (--socket-path PATH | --fd N)\n"
    "                      (--scenario FILE --vm NAME | [--playback N] [--capture N])\n"
    "                      [--backend link|null] [--link SOCKET] [--loopback] [--state DIR]\n"
    "                      [--no-controls] [--statistics SECONDS] [--no-sandbox] [--help]\n"
    "  --socket-path  vhost-user socket to listen on; --fd: one that is connected already\n"
    "  --scenario     scenario, or shared window that holds it; --vm: whose streams there\n"
    "  --playback     number of playback streams, 0 to 8; --capture: of capture streams\n"
    "  --backend      link: the sound service plays it; null: nobody, but time goes on\n"
    "  --link         socket of the sound service for this VM (" SOUND_LINK_DIR "/<vm>.link)\n"
    "  --loopback     of null: capture hears what stream 0 plays\n"
    "  --state        folder in memory (tmpfs) that outlives this process: the next one goes on\n"
    "                 where it was killed\n"
    "  --no-controls  no volume, switch and source, for front ends that do not know them\n"
    "                 (QEMU's vhost-user-snd-pci without controls=on)\n"
    "  --statistics   prints a line of counters that often\n";

static bool number(const char *text, unsigned *n)
{
    char *end;
    const unsigned long v = strtoul(text, &end, 10);

    *n = (unsigned)v;
    return text[0] >= '0' && text[0] <= '9' && !*end && v <= CARD_SIDE;
}

static int load_streams(struct arguments *a)
{
    static struct bn_scenario s;
    const struct bn_scenario_sound *sound;
    const char *why;
    int rc = bn_scenario_load(a->scenario, &s, &why);

    if (rc == 0) {
        why = "no such VM";
        rc = bn_scenario_vm_by_name(&s, a->vm);
    }
    if (rc < 0) {
        fprintf(stderr, "audio: %s: %s (%s)\n", a->scenario, why, strerror(-rc));
        return rc;
    }
    sound = &s.vm[rc].sound;
    a->playback = sound->playback;
    a->capture = sound->capture;
    /* the checks of bn-scenario again: what lies there may have been written by somebody else */
    if (a->playback > CARD_SIDE || a->capture > CARD_SIDE) {
        fprintf(stderr,
                "audio: %s: VM %s: more streams than %d of a direction: compile the "
                "scenario again\n",
                a->scenario, a->vm, CARD_SIDE);
        return -EINVAL;
    }
    if (a->playback + a->capture == 0) {
        fprintf(stderr,
                "audio: %s: VM %s has no sound: give it a node sound "
                "(docs/scenario.md)\n",
                a->scenario, a->vm);
        return -EINVAL;
    }
    return 0;
}

static bool complete(struct arguments *a)
{
    static char path[128];

    if (!a->link && a->vm && !a->null) {
        (void)snprintf(path, sizeof(path), SOUND_LINK_DIR "/%s.link", a->vm);
        a->link = path;
    }
    return (a->socket != NULL) != (a->fd >= 0) && !(a->scenario && (a->playback || a->capture)) &&
           (a->scenario ? a->vm != NULL : a->playback + a->capture > 0) &&
           (a->null ? !a->link : a->link && !a->loopback);
}

static bool option(struct arguments *a, int c)
{
    switch (c) {
    case 's':
        a->socket = optarg;
        return true;
    case 'f':
        a->fd = atoi(optarg);
        return true;
    case 'c':
        a->scenario = optarg;
        return true;
    case 'v':
        a->vm = optarg;
        return true;
    case 'p':
        return number(optarg, &a->playback);
    case 'r':
        return number(optarg, &a->capture);
    case 'b':
        a->null = !strcmp(optarg, "null");
        return a->null || !strcmp(optarg, "link");
    case 'l':
        a->link = optarg;
        return true;
    case 'L':
        a->loopback = true;
        return true;
    case 'S':
        a->state = optarg;
        return true;
    case 'C':
        a->no_controls = true;
        return true;
    case 't':
        a->statistics = atoi(optarg);
        return true;
    case 'n':
        a->no_sandbox = true;
        return true;
    case 'h':
        a->help = true;
        return true;
    default:
        return false;
    }
}

int arguments_parse(struct arguments *a, int argc, char **argv)
{
    static const struct option options[] = {
        {"socket-path", required_argument, NULL, 's'},
        {"fd", required_argument, NULL, 'f'},
        {"scenario", required_argument, NULL, 'c'},
        {"vm", required_argument, NULL, 'v'},
        {"playback", required_argument, NULL, 'p'},
        {"capture", required_argument, NULL, 'r'},
        {"backend", required_argument, NULL, 'b'},
        {"link", required_argument, NULL, 'l'},
        {"loopback", no_argument, NULL, 'L'},
        {"state", required_argument, NULL, 'S'},
        {"no-controls", no_argument, NULL, 'C'},
        {"statistics", required_argument, NULL, 't'},
        {"no-sandbox", no_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    bool ok = true;
    int c;

    *a = (struct arguments){.fd = -1};
    optind = 1;
    while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0)
        ok = option(a, c) && ok;
    if (a->help) {
        fputs(usage, stdout);
        return 0;
    }
    if (!ok || optind < argc || !complete(a)) {
        fputs(usage, stderr);
        return -EINVAL;
    }
    return a->scenario ? load_streams(a) : 0;
}
