#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One campaign over many nodes of a Slurm cluster, as a job array: task K of N measures shard K/N of
# a sampling plan into a store of its own, and a last job, when all are done, merges them.
#
#   tools/slurm/campaign.sh PLAN OUT SHARDS [options of 'neuralpower measure'] [-- options of sbatch]
#
#   tools/slurm/campaign.sh examples/plans/cpu-two-minutes.plan /shared/lab 8 --budget 5m -- \
#     --partition=cpu --exclusive
#
# OUT must be on a file system that all nodes see. Submitting again goes on where it stopped:
# what a shard's store has is not measured again. A node that fails, or is taken away, has its task
# requeued by Slurm; at most one block of layers is measured twice and none is stored twice.
# OUT/all.db has everything in the end. A cluster's nodes must be alike for that: the merge refuses
# stores whose conditions differ in anything but the measured layers, and says in what.
# Environment: NEURALPOWER, the program as the nodes see it (default: build/release/neuralpower).
set -eu
[ $# -ge 3 ] || { sed -n '6,10s/^# \{0,2\}//p' "$0" >&2; exit 2; }
plan=$(realpath "$1") out=$2 shards=$3
shift 3
case $shards in '' | *[!0-9]* | 0) echo "campaign: '$shards' is no number of shards" >&2; exit 2 ;; esac
[ -r "$plan" ] || { echo "campaign: no plan $plan" >&2; exit 2; }
command -v sbatch >/dev/null || { echo "campaign: no sbatch here; this runs on a Slurm cluster" >&2; exit 3; }
program=$(realpath "${NEURALPOWER:-$(dirname "$0")/../../build/release/neuralpower}")
[ -x "$program" ] || { echo "campaign: no program $program; set NEURALPOWER" >&2; exit 2; }
mkdir -p "$out"
out=$(realpath "$out")

measure="" batch=""
while [ $# -gt 0 ]; do
  [ "$1" = -- ] && { shift; batch="$*"; break; }
  measure="$measure '$(printf %s "$1" | sed "s/'/'\\\\''/g")'"
  shift
done

cat >"$out/shard.sh" <<END
#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#SBATCH --job-name=neuralpower
#SBATCH --requeue
exec '$program' measure --space '$plan' --store "$out/shard-\$SLURM_ARRAY_TASK_ID.db" \\
  --shard "\$SLURM_ARRAY_TASK_ID/$shards"$measure
END
cat >"$out/merge.sh" <<END
#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#SBATCH --job-name=neuralpower-merge
set -eu
cd '$out'
exec '$program' samples merge shard-*.db -o all.db
END
# shellcheck disable=SC2086
job=$(sbatch --parsable --array="1-$shards" --output="$out/shard-%a.log" --open-mode=append $batch "$out/shard.sh")
# shellcheck disable=SC2086
merge=$(sbatch --parsable --dependency="afterok:$job" --kill-on-invalid-dep=yes --output="$out/merge.log" $batch "$out/merge.sh")
echo "job array $job: shards 1 to $shards; job $merge merges them into $out/all.db"
