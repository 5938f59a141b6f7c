/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the command line. */
#include "arguments.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "binnacle/sound_status.h"
#include "display/include/display.h"
#include "link/link.h"
#include "note.h"

#define QUANTUM_MIN 256u /* a chime's attack and the way down of the rest are within one */
#define QUANTUM_MAX 2048u

static const char usage[] =
    "usage: binnacle-sound --scenario FILE [--window FILE] [--sink auto|null|hw:N] [--source "
    "none|auto|hw:N|file:PATH]\n"
    "                      [--quantum FRAMES] [--period FRAMES] [--periods N] [--headroom FRAMES] "
    "[--irq]\n"
    "                      [--links FOLDER] [--status FILE] [--control PATH] [--realtime] "
    "[--no-sandbox]\n"
    "                      [--record FILE [--seconds N]]\n"
    "       binnacle-sound --render FOLDER\n"
    "  --scenario  scenario, or shared window that holds it\n"
    "  --window    shared window with the cluster's requests for chimes\n"
    "  --sink      ALSA card to play on; auto: the first; null: none, at the same pace\n"
    "  --source    ALSA card to record from (none); file: stereo, 16 bits, 48 kHz, without a "
    "header, again and again\n"
    "  --quantum   samples of a cycle, 256 to 2048 (256)\n"
    "  --period, --periods, --headroom, --irq  of ALSA; 0 leaves it to PipeWire\n"
    "  --links     where the guests' sound devices connect (" SOUND_LINK_DIR ")\n"
    "  --status    file for binnaclectl audio (" BN_SOUND_STATUS "); --control: its socket\n"
    "  --realtime  SCHED_FIFO for the data thread, memory locked\n"
    "  --record    keeps what is played, for tests, at most that many seconds (60)\n"
    "  --render    writes each chime to a file there: mono, 48 kHz, 32-bit float\n";

enum { RECORD = 256, SECONDS, RENDER, IRQ, REALTIME, NO_SANDBOX };

static const struct option options[] = {
    {"scenario", required_argument, NULL, 'c'},
    {"window", required_argument, NULL, 'w'},
    {"sink", required_argument, NULL, 's'},
    {"source", required_argument, NULL, 'm'},
    {"quantum", required_argument, NULL, 'q'},
    {"period", required_argument, NULL, 'p'},
    {"periods", required_argument, NULL, 'n'},
    {"headroom", required_argument, NULL, 'h'},
    {"irq", no_argument, NULL, IRQ},
    {"links", required_argument, NULL, 'l'},
    {"status", required_argument, NULL, 'S'},
    {"control", required_argument, NULL, 'C'},
    {"realtime", no_argument, NULL, REALTIME},
    {"no-sandbox", no_argument, NULL, NO_SANDBOX},
    {"record", required_argument, NULL, RECORD},
    {"seconds", required_argument, NULL, SECONDS},
    {"render", required_argument, NULL, RENDER},
    {NULL, 0, NULL, 0},
};

static bool number(const char *text, unsigned *to)
{
    char *end;
    const unsigned long n = strtoul(text, &end, 10);

    *to = (unsigned)n;
    return *text >= '0' && *text <= '9' && !*end && n <= 1u << 20;
}

static bool take_alsa(struct graph_card *c, int option, const char *value)
{
    switch (option) {
    case 'p':
        return number(value, &c->period);
    case 'n':
        return number(value, &c->periods);
    case 'h':
        return number(value, &c->headroom);
    case IRQ:
        c->irq = true;
        return true;
    default:
        return false;
    }
}

static bool take(struct arguments *a, const char **scenario, int option, const char *value)
{
    switch (option) {
    case 'c':
        *scenario = value;
        return true;
    case 'w':
        a->window = value;
        return true;
    case 's':
        a->card.sink = value;
        return strlen(value) < BN_NAME_BYTES;
    case 'm':
        a->card.source = value;
        return strlen(value) < BN_NAME_BYTES || strncmp(value, CARD_FILE, strlen(CARD_FILE)) == 0;
    case 'q':
        return number(value, &a->quantum) && a->quantum >= QUANTUM_MIN && a->quantum <= QUANTUM_MAX;
    case 'l':
        a->links = value;
        return true;
    case 'S':
        a->status = value;
        return true;
    case 'C':
        a->control = value;
        return true;
    case REALTIME:
        a->realtime = true;
        return true;
    case NO_SANDBOX:
        a->sandbox = false;
        return true;
    case RECORD:
        a->record = value;
        return true;
    case SECONDS:
        return number(value, &a->record_seconds) && a->record_seconds <= 3600;
    case RENDER:
        a->render = value;
        return true;
    default:
        return take_alsa(&a->card.alsa, option, value);
    }
}

int arguments_parse(struct arguments *a, int argc, char **argv)
{
    const char *scenario = NULL, *why;
    bool ok = true;
    int option, rc;

    *a = (struct arguments){.card = {.sink = "auto", .source = "none"},
                            .quantum = 256,
                            .links = SOUND_LINK_DIR,
                            .status = BN_SOUND_STATUS,
                            .control = BN_SOUND_CONTROL,
                            .record_seconds = 60,
                            .sandbox = true};
    while (ok && (option = getopt_long(argc, argv, "", options, NULL)) >= 0)
        ok = take(a, &scenario, option, optarg);
    if (!ok || optind != argc || !scenario == !a->render) {
        (void)fputs(usage, stderr);
        return -EINVAL;
    }
    if (a->render)
        return 0;
    rc = bn_scenario_load(scenario, &a->scenario, &why);
    if (rc < 0)
        note("%s: %s (%s)", scenario, why, strerror(-rc));
    return rc;
}
