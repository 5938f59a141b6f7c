# SPDX-License-Identifier: BSD-3-Clause
"""An EFI system partition of a test's own: loader, hypervisor, a scenario and the images that it names."""
import os
import shutil
import subprocess


def make_esp(folder, scenario, images):
    """Writes FOLDER/esp.img and returns its path. images: {"bench.elf": "build/..."}."""
    def path(name):
        return os.path.join(str(folder), name)

    subprocess.run(["build/tools/scenario/bn-scenario", "compile", f"scenarios/{scenario}.dts", path("scenario.bin")],
                   check=True)
    shutil.copy("build/hypervisor/hypervisor.bin", path("hypervisor.bin"))
    shutil.copy("build/hypervisor/boot/BOOTX64.EFI", path("BOOTX64.EFI"))
    items = [f"{name}={path(name)}" for name in ("scenario.bin", "hypervisor.bin")]
    items += [f"{name}={file}" for name, file in images.items()]
    subprocess.run(["build/tools/scenario/bn-sums", path("BOOTX64.EFI"), *items], check=True)
    subprocess.run(["tools/esp", path("esp.img"), path("BOOTX64.EFI"), *items], check=True)
    return path("esp.img")
