"""All faults, in the order in which they are injected."""

from tests.chaos import faults_network, faults_poison, faults_processes, faults_servers
from tests.chaos.fault import FAULTS, Fault

__all__ = ["FAULTS", "Fault", "faults_network", "faults_poison", "faults_processes", "faults_servers"]
