"""Inputs that show what is read of NMEA 0183."""

from __future__ import annotations

from typing import Final

from stripchart.decoders.samples import Sample

SAMPLES: Final = (
    Sample(
        title="NMEA 0183, GPS receiver",
        recognised="Sentences that begin with $ and end with the right checksum; each type is a stream of its own. "
        "Without a fix there is no position, and a date comes from RMC or ZDA.",
        data=b"$GPRMC,081836.00,A,4733.2120,N,00735.3100,E,11.50,84.40,240624,2.9,E,A*30\r\n"
        b"$GPGGA,081836.00,4733.2120,N,00735.3100,E,1,08,0.92,278.4,M,47.3,M,,*53\r\n"
        b"$GPVTG,84.40,T,81.50,M,11.50,N,21.30,K,A*22\r\n"
        b"$GPGSA,A,3,05,12,13,15,20,24,25,29,,,,,1.65,0.92,1.38*09\r\n"
        b"$GPGSV,2,1,05,05,67,301,42,12,34,220,38,13,41,080,40,15,22,045,*7E\r\n"
        b"$GPGSV,2,2,05,20,18,110,30*44\r\n"
        b"$GPTXT,01,01,02,ANTENNA OK*36\r\n"
        b"$GPRMC,,V,,,,,,,,,,N*53\r\n"
        b"$GPGGA,,,,,,0,03,9.90,,M,,M,,*7B\r\n",
        values={
            "RMC/latitude": [47.5535333333],
            "RMC/longitude": [7.5885],
            "RMC/speed": [11.5],
            "RMC/course": [84.4],
            "RMC/magnetic variation": [2.9],
            "RMC/fix": [1, 0],
            "RMC/time": [1719217116],
            "GGA/latitude": [47.5535333333],
            "GGA/longitude": [7.5885],
            "GGA/fix quality": [1, 0],
            "GGA/satellites": [8, 3],
            "GGA/hdop": [0.92, 9.9],
            "GGA/altitude": [278.4],
            "GGA/geoid separation": [47.3],
            "GGA/time": [1719217116],
            "VTG/course": [84.4],
            "VTG/magnetic course": [81.5],
            "VTG/speed": [11.5],
            "GSA/GPS/fix mode": [3],
            "GSA/GPS/satellites used": [8],
            "GSA/GPS/pdop": [1.65],
            "GSA/GPS/hdop": [0.92],
            "GSA/GPS/vdop": [1.38],
            "GSV/GPS/satellites in view": [5],
            "GSV/GPS/satellites tracked": [4],
            "GSV/GPS/SNR 5": [42],
            "GSV/GPS/SNR 12": [38],
            "GSV/GPS/SNR 13": [40],
            "GSV/GPS/SNR 20": [30],
            "log/text": ["ANTENNA OK"],
        },
        units={
            "RMC/latitude": "°",
            "RMC/longitude": "°",
            "RMC/speed": "kn",
            "RMC/course": "°",
            "RMC/magnetic variation": "°",
            "RMC/time": "s",
            "GGA/latitude": "°",
            "GGA/longitude": "°",
            "GGA/altitude": "m",
            "GGA/geoid separation": "m",
            "GGA/time": "s",
            "VTG/course": "°",
            "VTG/magnetic course": "°",
            "VTG/speed": "kn",
            "GSV/GPS/SNR 5": "dBHz",
            "GSV/GPS/SNR 12": "dBHz",
            "GSV/GPS/SNR 13": "dBHz",
            "GSV/GPS/SNR 20": "dBHz",
        },
    ),
    Sample(
        title="NMEA 0183, instruments on a boat",
        recognised="Wind, depth, heading, speed and the transducers of XDR, each with its unit. "
        "The stream tells the instrument, as several may share a wire.",
        data=b"$WIMWV,214.8,R,12.4,N,A*1B\r\n"
        b"$WIMWV,190.2,T,10.1,N,A*1F\r\n"
        b"$SDDBT,7.8,f,2.4,M,1.3,F*0D\r\n"
        b"$YXXDR,P,1.0132,B,Barometer,C,18.5,C,Cabin*42\r\n"
        b"$HEHDT,123.4,T*2B\r\n"
        b"$IIVHW,125.1,T,112.5,M,5.6,N,10.4,K*63\r\n"
        b"$YXMTW,17.2,C*16\r\n",
        values={
            "WIMWV/apparent/wind angle": [214.8],
            "WIMWV/apparent/wind speed": [12.4],
            "WIMWV/true/wind angle": [190.2],
            "WIMWV/true/wind speed": [10.1],
            "SDDBT/depth": [2.4],
            "YXXDR/Barometer/value": [1.0132],
            "YXXDR/Cabin/value": [18.5],
            "HEHDT/true heading": [123.4],
            "IIVHW/true heading": [125.1],
            "IIVHW/magnetic heading": [112.5],
            "IIVHW/speed through water": [5.6],
            "YXMTW/water temperature": [17.2],
        },
        units={
            "WIMWV/apparent/wind angle": "°",
            "WIMWV/apparent/wind speed": "kn",
            "WIMWV/true/wind angle": "°",
            "WIMWV/true/wind speed": "kn",
            "SDDBT/depth": "m",
            "YXXDR/Barometer/value": "bar",
            "YXXDR/Cabin/value": "°C",
            "HEHDT/true heading": "°",
            "IIVHW/true heading": "°",
            "IIVHW/magnetic heading": "°",
            "IIVHW/speed through water": "kn",
            "YXMTW/water temperature": "°C",
        },
    ),
    Sample(
        title="NMEA 0183, other sentences",
        recognised="A sentence of an unknown type gives its plain numbers, called by their place.",
        data=b"$BENCH,21.5,40.2*42\r\n",
        values={"BENCH/field 1": [21.5], "BENCH/field 2": [40.2]},
    ),
)
