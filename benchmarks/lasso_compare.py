#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""lasso_cv beside cv.glmnet, scikit-learn and one dsyrk pass: same matrix, folds and penalties.

usage: lasso_compare.py LASSO_CV FOLDER... [--peers glmnet,lassocv,lars,dsyrk] [--repeat N]
                        [--thresh 1e-7,1e-12] [--json FILE]

Each FOLDER holds X.f64, y.f64, folds.f64 as lasso_data.py writes them, or X.csv, y.csv, folds.csv.
All run on one thread. The peers' objectives are compared with lasso_cv's, whose own excess over the
optimum is bounded by the duality gap it reports. Times are medians; files are read before. Ratios are
of processor seconds, which other work on the machine disturbs less.
"""
import argparse
import ctypes
import glob
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
import warnings

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
import numpy as np  # noqa: E402  (threads are chosen when it loads)

HERE = pathlib.Path(__file__).resolve().parent


def to_binary(folder):
    """Makes the .f64 files of a folder that has CSV files; returns the number of columns."""
    for name in ("X", "y", "folds"):
        if not (folder / f"{name}.f64").exists():
            np.loadtxt(folder / f"{name}.csv", delimiter=",").tofile(folder / f"{name}.f64")
    rows = (folder / "y.f64").stat().st_size // 8
    return (folder / "X.f64").stat().st_size // 8 // rows


def run_ours(program, folder, terms, repeat):
    files = [str(folder / f"{name}.f64") for name in ("X", "y", "folds")]
    command = [program, *files, "--columns", str(terms), "--repeat", str(repeat), "--threads", "1"]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


class Stopwatch:
    """Wall-clock and processor seconds of repetitions; the latter hold on a busy machine too."""

    def __init__(self):
        self.result = {"seconds": [], "processor_seconds": []}

    def __enter__(self):
        self.start = time.perf_counter(), time.process_time()

    def __exit__(self, *_):
        self.result["seconds"].append(time.perf_counter() - self.start[0])
        self.result["processor_seconds"].append(time.process_time() - self.start[1])


class Problem:
    """The matrix standardised, to judge coefficients of any origin."""

    def __init__(self, folder, terms):
        self.x = np.fromfile(folder / "X.f64").reshape(-1, terms)
        self.y = np.fromfile(folder / "y.f64")
        self.folds = np.fromfile(folder / "folds.f64").astype(int)
        self.mean = self.x.mean(0)
        self.deviation = np.sqrt(((self.x - self.mean) ** 2).mean(0)) if len(self.y) < 200000 else None

    def excess(self, coefficients, lambdas, objective):
        """Largest relative excess over `objective` along the path, coefficients a column a penalty."""
        if self.deviation is None:
            return float("nan")
        worst = 0.0
        for k in range(coefficients.shape[1]):
            residual = self.y - self.y.mean() - (self.x - self.mean) @ coefficients[:, k]
            penalty = lambdas[k] * np.abs(coefficients[:, k] * self.deviation).sum()
            value = (residual ** 2).mean() / 2 + penalty
            worst = max(worst, value / objective[k] - 1)
        return worst


def run_glmnet(folder, terms, thresh, repeat, problem, ours):
    np.array(ours["lambda"]).tofile(folder / "lambda.f64")
    best = None
    for kind in ("covariance", "naive") if len(problem.y) <= 100000 and terms <= 500 else ("covariance",):
        output = subprocess.run(
            ["Rscript", str(HERE / "lasso_compare.R"), str(folder), str(terms), str(thresh), str(repeat),
             kind], capture_output=True, text=True, check=True).stdout
        result = json.loads(output)
        coefficients = np.fromfile(folder / "glmnet_beta.f64").reshape(-1, terms).T
        result["excess"] = problem.excess(coefficients, ours["lambda"], ours["objective"])
        if best is None or (statistics.median(result["processor_seconds"])
                            < statistics.median(best["processor_seconds"])):
            best = result
    return best


def splits(folds):
    return [(np.flatnonzero(folds != f), np.flatnonzero(folds == f)) for f in np.unique(folds)]


def run_lassocv(problem, ours, repeat, tolerance=1e-4):
    from sklearn.linear_model import LassoCV
    watch = Stopwatch()
    for _ in range(repeat):
        with warnings.catch_warnings(record=True) as raised, watch:
            warnings.simplefilter("always")
            # Standardised once on all rows: scikit-learn has no standardisation inside its folds.
            z = np.asfortranarray((problem.x - problem.mean) / problem.x.std(0))
            fit = LassoCV(alphas=ours["lambda"], cv=splits(problem.folds), tol=tolerance,
                          precompute=True).fit(z, problem.y)
    return {**watch.result, "penalties": len(ours["lambda"]), "warnings": len(raised),
            "lambda_min": int(np.argmin(np.abs(np.array(ours["lambda"]) - fit.alpha_))) + 1}


def run_lars(problem, repeat):
    from sklearn.linear_model import LassoLarsCV
    _, distinct = np.unique(problem.x, axis=1, return_index=True)
    z = problem.x[:, np.sort(distinct)]
    z = (z - z.mean(0)) / z.std(0)
    watch = Stopwatch()
    for _ in range(repeat):
        with warnings.catch_warnings(), watch:
            warnings.simplefilter("ignore")
            LassoLarsCV(cv=splits(problem.folds), max_iter=5000, n_jobs=1).fit(z, problem.y)
    return {**watch.result, "columns": int(len(distinct))}


def run_dsyrk(problem, repeat):
    """One OpenBLAS dsyrk over the rows, on the kernel of the best core type it has for this machine."""
    library = ctypes.CDLL(next(iter(glob.glob("/usr/lib/*/libopenblas.so.0"))))
    library.openblas_get_corename.restype = ctypes.c_char_p
    rows, terms = problem.x.shape
    out = np.zeros((terms, terms))
    pointer = ctypes.POINTER(ctypes.c_double)
    watch = Stopwatch()
    for _ in range(repeat):
        with watch:
            library.cblas_dsyrk(101, 122, 112, terms, rows, ctypes.c_double(1),
                                problem.x.ctypes.data_as(pointer), terms, ctypes.c_double(0),
                                out.ctypes.data_as(pointer), terms)
    return {**watch.result, "core": library.openblas_get_corename().decode()}


def best_openblas_core():
    flags = pathlib.Path("/proc/cpuinfo").read_text() if os.path.exists("/proc/cpuinfo") else ""
    return "SkylakeX" if "avx512f" in flags else "Haswell" if "avx2" in flags else None


def compare(program, folder, arguments):
    terms = to_binary(folder)
    rows = (folder / "y.f64").stat().st_size // 8
    repeat = arguments.repeat if rows * terms < 2e7 else max(1, arguments.repeat // 3)
    peers = arguments.peers.split(",")
    results = {"rows": rows, "terms": terms}
    ours = run_ours(program, folder, terms, repeat * 3)
    results["ours"] = {key: ours[key] for key in
                       ("seconds", "processor_seconds", "peak_megabytes", "lambda_min", "lambda_1se")}
    results["ours"]["kkt"] = max(ours["kkt"])
    results["ours"]["excess"] = max(ours["gap"])
    problem = Problem(folder, terms)
    if "dsyrk" in peers:
        results["dsyrk"] = run_dsyrk(problem, repeat)
    if "glmnet" in peers:
        for thresh in arguments.thresh.split(","):
            results[f"glmnet {thresh}"] = run_glmnet(folder, terms, thresh, repeat, problem, ours)
    if "lassocv" in peers:
        results["LassoCV 1e-4"] = run_lassocv(problem, ours, repeat)
    if "lars" in peers and rows * terms < 2e6:
        results["LassoLarsCV, distinct columns"] = run_lars(problem, repeat)
    again = run_ours(program, folder, terms, repeat * 3)
    for key in ("seconds", "processor_seconds"):
        results["ours"][key] += again[key]
    return results


def print_table(results):
    own = statistics.median(results["ours"]["processor_seconds"])
    print(f"\n{results['rows']} rows x {results['terms']} terms\n"
          f"  {'':32s} {'elapsed':>11s} {'processor':>11s} {'ratio':>9s}  excess")
    for name, result in results.items():
        if not isinstance(result, dict):
            continue
        elapsed = statistics.median(result["seconds"])
        processor = statistics.median(result["processor_seconds"])
        excess = f"{result['excess']:.1e}" if "excess" in result else ""
        notes = ", ".join(f"{key} {result[key]}" for key in
                          ("lambda_min", "penalties", "warnings", "columns", "core") if key in result)
        if "peak_megabytes" in result:
            notes += f", {result['peak_megabytes']:.0f} MB, kkt {result['kkt']:.0e}"
        print(f"  {name:32s} {elapsed:9.4f} s {processor:9.4f} s {processor / own:7.1f} x"
              f"  {excess:8s} {notes}")
    sys.stdout.flush()


def main():
    core = best_openblas_core()
    if core and "OPENBLAS_CORETYPE" not in os.environ:
        # OpenBLAS falls back to an old kernel on processors younger than itself.
        os.environ["OPENBLAS_CORETYPE"] = core
        os.execv(sys.executable, [sys.executable, *sys.argv])
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--peers", default="glmnet,lassocv,lars,dsyrk")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--thresh", default="1e-7")
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    everything = []
    for folder in arguments.folders:
        everything.append(compare(arguments.program, folder, arguments))
        print_table(everything[-1])
    if arguments.json:
        arguments.json.write_text(json.dumps(everything, indent=1))


if __name__ == "__main__":
    main()
